import {
  CoordinationV1Api,
  KubeConfig,
  V1Lease,
  V1LeaseSpec,
  V1ObjectMeta,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../src/testing.js';
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

describe('the embedded API server, spoken to by @kubernetes/client-node', () => {
  let server: EmbeddedApiServer;
  let kubeConfig: KubeConfig;

  beforeAll(async () => {
    server = await startEmbeddedApiServer({ tokens: { secret: 'someone' } });
    kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfig({ namespace: 'kube-system' }));
  });
  afterAll(() => server.close());

  it('creates, reads and replaces a Lease', async () => {
    const api = kubeConfig.makeApiClient(CoordinationV1Api);
    const place = { namespace: 'default', name: 'one' };
    const body = new V1Lease();
    body.metadata = new V1ObjectMeta();
    body.metadata.name = 'one';
    body.spec = new V1LeaseSpec();
    body.spec.holderIdentity = 'a';
    const created = await api.createNamespacedLease({ namespace: 'default', body });
    expect(created.metadata?.resourceVersion).toMatch(/^\d+$/);
    const read = await api.readNamespacedLease(place);
    expect(read.spec?.holderIdentity).toBe('a');
    body.spec.holderIdentity = 'b';
    read.spec = body.spec;
    const replaced = await api.replaceNamespacedLease({ ...place, body: read });
    expect(replaced.spec?.holderIdentity).toBe('b');
    const again = api.replaceNamespacedLease({ ...place, body: read });
    await expect(again).rejects.toMatchObject({ code: 409 });
    expect(server.requests.map(({ verb, user }) => [verb, user])).toEqual([
      ['create', 'someone'],
      ['get', 'someone'],
      ['update', 'someone'],
      ['update', 'someone'],
    ]);
  });

  it('watches one Lease', async () => {
    const seen: [string, unknown][] = [];
    let sawDeletion = (): void => undefined;
    const deleted = new Promise<void>((resolve) => {
      sawDeletion = resolve;
    });
    const controller = await new Watch(kubeConfig).watch(
      '/apis/coordination.k8s.io/v1/namespaces/default/leases',
      { fieldSelector: 'metadata.name=watched' },
      (phase: string, object: { spec: { holderIdentity: string } }) => {
        seen.push([phase, object.spec.holderIdentity]);
        if (phase === 'DELETED') sawDeletion();
      },
      () => undefined,
    );
    const put = (holderIdentity: string): void => {
      server.store.put({ kind: 'Lease', metadata: { name: 'watched' }, spec: { holderIdentity } });
    };
    put('a');
    put('b');
    server.store.delete({ resource: 'leases', name: 'watched' });
    await deleted;
    controller.abort();
    expect(seen).toEqual([
      ['ADDED', 'a'],
      ['MODIFIED', 'b'],
      ['DELETED', 'b'],
    ]);
  });

  it('gives a context its namespace, in text and as an object alike', () => {
    const fromObject = new KubeConfig();
    fromObject.loadFromOptions(server.kubeConfigObject({ namespace: 'kube-system' }));
    for (const config of [kubeConfig, fromObject]) {
      const context = config.getContextObject(config.getCurrentContext());
      expect(context?.namespace).toBe('kube-system');
      expect(config.getCurrentCluster()?.server).toBe(server.url);
      expect(config.getCurrentUser()?.token).toBe('secret');
    }
  });
});
