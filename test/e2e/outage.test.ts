import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { expect, it } from 'vitest';
import { gate } from '../../src/gate.js';
import { LeaderElection, LeaseLock, NotLeaderError } from '../../src/index.js';
import { silentLogger } from '../../src/logging/loggers.js';
import { describeWithOwnApiServer } from '../support/shared-api-server.js';

const NAMESPACE = 'outage';
const WITHIN_MS = 30_000;

// The outage that Kubernetes' own plan for a write gate (KEP-6361) is made for.
describeWithOwnApiServer('an outage longer than the renew deadline', {}, (server) => {
  it('ends a term and no process; writes are refused until the next term of the same candidate', async () => {
    await server().createNamespace(NAMESPACE);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server().kubeConfig('admin', { namespace: NAMESPACE }));
    const terms: AbortSignal[] = [];
    const lost: string[] = [];
    const election = new LeaderElection({
      lock: new LeaseLock({ name: 'work', identity: 'me', kubeConfig }),
      leaseDurationSeconds: 5,
      renewDeadlineSeconds: 3,
      retryPeriodSeconds: 1,
      onLost: 'rejoin',
      onStartedLeading: ({ signal }) => void terms.push(signal),
      onStoppedLeading: (reason) => void lost.push(reason),
      logger: silentLogger,
    });
    const api = gate(election, kubeConfig).makeApiClient(CoreV1Api);
    const place = { namespace: NAMESPACE, name: 'progress' };
    const write = (steps: string) =>
      api.replaceNamespacedConfigMap({
        ...place,
        body: { metadata: { name: 'progress' }, data: { steps } },
      });
    const steps = async () => (await api.readNamespacedConfigMap(place)).data?.['steps'];
    const leads = () => eventually(() => election.isLeader());

    const running = election.run();
    await leads();
    await api.createNamespacedConfigMap({
      namespace: NAMESPACE,
      body: { metadata: { name: 'progress' }, data: { steps: '0' } },
    });
    await write('1');

    await server().killApiServer();
    await eventually(() => lost.length > 0);
    expect(lost).toEqual(['deadline']);
    expect(terms[0]?.aborted).toBe(true);
    // The refusal is one of its own, and comes although there is nobody who could be asked.
    await expect(write('2')).rejects.toThrow(NotLeaderError);
    expect(election.health()).toMatchObject({ ok: true });

    await server().startApiServerAgain();
    await eventually(async () => (await steps().catch(() => undefined)) === '1');
    await leads();
    await write('3');
    expect(await steps()).toBe('3');
    expect(terms).toHaveLength(2);
    expect(terms[1]?.aborted).toBe(false);
    expect(lost).toHaveLength(1);

    await election.stop();
    await running;
  }, 120_000);
});

const eventually = (holds: () => boolean | Promise<boolean>) =>
  expect.poll(holds, { timeout: WITHIN_MS, interval: 20 }).toBe(true);
