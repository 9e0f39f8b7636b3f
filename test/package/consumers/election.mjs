// One candidate leads and stops, then another one leads: with a KubeConfig of its own.
import { KubeConfig } from '@kubernetes/client-node';
import { LeaderElection, LeaseLock } from 'k8s-leader-election';
import { startEmbeddedApiServer } from 'k8s-leader-election/testing';

const server = await startEmbeddedApiServer();
const kubeConfig = new KubeConfig();
kubeConfig.loadFromOptions(server.kubeConfigObject());

const terms = [];
for (const identity of ['a', 'b']) {
  const election = new LeaderElection({
    lock: new LeaseLock({ name: 'packed', namespace: 'default', identity, kubeConfig }),
    // Long, so that a busy machine has the time to load the client library within one request.
    leaseDurationSeconds: 60,
    renewDeadlineSeconds: 50,
    onStartedLeading: (term) => {
      terms.push({ identity: term.identity, token: Number(term.fencingToken) });
      election.stop();
    },
  });
  const { reason, led, released } = await election.run();
  Object.assign(terms.at(-1), { reason, led, released });
}
await server.close();
console.log(JSON.stringify(terms));
