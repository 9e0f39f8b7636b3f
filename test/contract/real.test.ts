import { describeWithOwnApiServer } from '../support/shared-api-server.js';
import type { RunningApiServer } from '../support/real-api-server.js';
import { describeKubernetesApi } from './kubernetes-api.contract.js';
import type { Target } from './target.js';

function targetOf(server: RunningApiServer): Target {
  const restart = async (): Promise<void> => {
    await server.killApiServer();
    await server.startApiServerAgain();
  };
  return {
    url: server.url,
    ca: server.caCertificate,
    token: (user) => server.user(user).token,
    createNamespace: (name) => server.createNamespace(name),
    grant: (namespace, rules) => server.grant('narrow', namespace, rules),
    // A new process begins its watch cache with what is stored now.
    forgetHistory: restart,
    cutWatches: restart,
    stop: () => Promise.resolve(),
  };
}

describeWithOwnApiServer('kube-apiserver', { users: ['narrow'] }, (server) => {
  describeKubernetesApi('the real API server', () => Promise.resolve(targetOf(server())));
});
