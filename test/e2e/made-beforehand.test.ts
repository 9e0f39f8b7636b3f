import { KubeConfig } from '@kubernetes/client-node';
import { expect, it } from 'vitest';
import { LeaderElection, LeaseLock } from '../../src/index.js';
import { lockManifest } from '../../src/cli/check/manifest.js';
import { describeWithApiServer } from '../support/shared-api-server.js';

// A Lease made by Helm or kustomize, without a holder, and candidates that may create nothing.

const NAMESPACE = 'made-beforehand';
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
const TIMINGS = { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 };

describeWithApiServer('without the right to create', (server) => {
  const election = (name: string, identity: string): LeaderElection => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server().kubeConfig('nobody'));
    const lock = new LeaseLock({ name, namespace: NAMESPACE, identity, kubeConfig });
    return new LeaderElection({ lock, ...TIMINGS, onStartedLeading: null, logger: false });
  };

  it('a Lease without a holder is taken at once, renewed, released and taken again', async () => {
    await server().createNamespace(NAMESPACE);
    await server().grant('nobody', NAMESPACE, [
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['report', 'missing'],
        verbs: ['get', 'update', 'watch'],
      },
    ]);
    const { loadYaml } = await import('@kubernetes/client-node');
    const place = { kind: 'lease', namespace: NAMESPACE, name: 'report' } as const;
    const made = loadYaml<object>(lockManifest(place));
    expect((await server().request('admin', 'POST', LEASES, made)).status).toBe(201);

    const first = election('report', 'first');
    const second = election('report', 'second');
    try {
      const renewed = new Promise<void>((resolve) => {
        first.on('renewed', () => {
          resolve();
        });
      });
      expect(await first.acquire()).toBe(true);
      const next = second.acquire();
      await renewed;
      expect(await first.stop()).toMatchObject({ released: true });
      expect(await next).toBe(true);
    } finally {
      await first.stop();
      await second.stop();
    }
  });

  it('and where it was not made the error says what is missing', async () => {
    const third = election('missing', 'third');
    const failed = new Promise<string>((resolve) => {
      third.on('acquireFailed', ({ error }) => {
        resolve(`${error.kind}: ${error.message}`);
      });
    });
    void third.run();
    try {
      expect(await failed).toMatch(/^forbidden: .*create/s);
    } finally {
      await third.stop();
    }
  });
});
