import { CoordinationV1Api, KubeConfig, V1MicroTime } from '@kubernetes/client-node';
import { expect, it } from 'vitest';

import { startEmbeddedApiServer } from '../../src/testing.js';
import { describeKubernetesApi } from './kubernetes-api.contract.js';
import type { Target, UserName } from './target.js';

const users: readonly UserName[] = ['admin', 'candidate', 'nobody', 'narrow'];

async function startTarget(): Promise<Target> {
  const tokens = Object.fromEntries(users.map((user) => [`token-of-${user}`, user]));
  const server = await startEmbeddedApiServer({ tokens });
  server.deny({ user: ['candidate', 'nobody', 'narrow'] });
  return {
    url: server.url,
    token: (user) => `token-of-${user}`,
    createNamespace: async (name) => {
      server.store.createNamespace(name);
      server.allow({
        user: 'candidate',
        namespace: name,
        resource: ['leases', 'configmaps'],
        verb: ['create', 'get', 'update', 'watch'],
      });
      return Promise.resolve();
    },
    grant: async (namespace, rules) => {
      for (const { resources, verbs, resourceNames } of rules) {
        const names = resourceNames === undefined ? {} : { name: resourceNames };
        server.allow({ user: 'narrow', namespace, resource: resources, verb: verbs, ...names });
      }
      return Promise.resolve();
    },
    forgetHistory: async () => {
      server.store.compact();
      return Promise.resolve();
    },
    cutWatches: async () => {
      server.watches.closeAll({ abruptly: true });
      return Promise.resolve();
    },
    stop: () => server.close(),
  };
}

describeKubernetesApi('the embedded API server', startTarget);

it('the embedded API server gives a context its namespace, in text and as an object alike', async () => {
  await using server = await startEmbeddedApiServer({ tokens: { secret: 'someone' } });
  const [text, object] = [new KubeConfig(), new KubeConfig()];
  text.loadFromString(server.kubeConfig({ namespace: 'kube-system' }));
  object.loadFromOptions(server.kubeConfigObject({ namespace: 'kube-system' }));
  for (const config of [text, object]) {
    const context = config.getContextObject(config.getCurrentContext());
    expect(context?.namespace).toBe('kube-system');
    expect(config.getCurrentCluster()?.server).toBe(server.url);
    expect(config.getCurrentUser()?.token).toBe('secret');
  }
  // The client library reads what the server answers.
  const api = text.makeApiClient(CoordinationV1Api);
  const body = {
    metadata: { name: 'one' },
    spec: { holderIdentity: 'a', renewTime: new V1MicroTime() },
  };
  const created = await api.createNamespacedLease({ namespace: 'default', body });
  expect(created.metadata?.resourceVersion).toMatch(/^\d+$/);
  const replaced = { namespace: 'default', name: 'one', body: created };
  expect((await api.replaceNamespacedLease(replaced)).spec?.holderIdentity).toBe('a');
  server.store.delete({ resource: 'leases', name: 'one' });
  await expect(api.replaceNamespacedLease(replaced)).rejects.toMatchObject({ code: 409 });
});
