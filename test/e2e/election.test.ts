import { expect, it } from 'vitest';
import type { RunningApiServer } from '../support/api-server-types.js';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { machineNow } from './fleet/report.js';
import { DEFAULTS, fleetOn, measured, SHORT } from './fleet/setup.js';

/** After a crash: the lease, a poll that just missed the last renewal, and some slack. */
const TAKEOVER_BOUND_MS = (15 + 2.2 * 2 + 1) * 1000;
/** After a release: the next poll, and some slack. */
const HAND_OVER_BOUND_MS = (2.2 * 2 + 1) * 1000;

interface Holder {
  readonly holder: string;
  readonly transitions: number;
}

async function holderOf(
  server: RunningApiServer,
  kind: 'lease' | 'configmap',
  name: string,
): Promise<Holder | null> {
  const api = kind === 'lease' ? 'apis/coordination.k8s.io/v1' : 'api/v1';
  const resource = kind === 'lease' ? 'leases' : 'configmaps';
  const answer = await server.request('admin', 'GET', `/${api}/namespaces/e2e/${resource}/${name}`);
  if (answer.status === 404) return null;
  const object = answer.body as {
    spec?: { holderIdentity?: string; leaseTransitions?: number };
    metadata: { annotations?: Record<string, string> };
  };
  if (kind === 'lease') {
    const { holderIdentity = '', leaseTransitions = -1 } = object.spec ?? {};
    return { holder: holderIdentity, transitions: leaseTransitions };
  }
  const text = object.metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] ?? '{}';
  const record = JSON.parse(text) as { holderIdentity: string; leaderTransitions: number };
  return { holder: record.holderIdentity, transitions: record.leaderTransitions };
}

describeWithApiServer('three candidate processes on a real API server', (server) => {
  it.concurrent.each(['lease', 'configmap'] as const)(
    'of which one leads at a time through a crash, a clean stop and restarts, with a %s and timings 15/10/2',
    async (kind) => {
      await using fleet = await fleetOn(server(), kind, DEFAULTS);
      const name = fleet.lockName;
      for (const who of ['a', 'b', 'c']) await fleet.start(who);
      const first = await fleet.nextLeader(0, 10_000);
      expect((await holderOf(server(), kind, name))?.holder).toBe(first.who);

      const killedAt = await fleet.kill(first.who);
      const second = await fleet.nextLeader(killedAt, TAKEOVER_BOUND_MS);
      measured(`${kind}: takeover after SIGKILL`, second.at - killedAt);
      expect(second.who).not.toBe(first.who);
      expect(await holderOf(server(), kind, name)).toEqual({
        holder: second.who,
        transitions: 1,
      });

      await fleet.start(first.who);
      await fleet.waitFor(
        'the restarted candidate to see the leader',
        () =>
          fleet.reports.find((r) => r.at > second.at && r.who === first.who && r.event === 'sees'),
        10_000,
      );
      const stoppedAt = await fleet.stop(second.who);
      const end = fleet.reports.findLast(({ event }) => event === 'ended');
      expect(end).toMatchObject({
        who: second.who,
        outcome: { reason: 'stopped', released: true },
      });
      const third = await fleet.nextLeader(stoppedAt, HAND_OVER_BOUND_MS);
      measured(`${kind}: hand-over after a clean stop`, third.at - stoppedAt);
      expect(await holderOf(server(), kind, name)).toEqual({ holder: third.who, transitions: 2 });

      await fleet.start(second.who);
      const remaining = ['a', 'b', 'c'].filter((who) => who !== third.who);
      for (const who of remaining) await fleet.stop(who);
      expect(fleet.leaders()).toEqual([third.who]);
      await fleet.stop(third.who);
      expect(await holderOf(server(), kind, name)).toEqual({ holder: '', transitions: 2 });

      const tokens = fleet.reports.flatMap((r) => (r.event === 'started' ? [BigInt(r.token)] : []));
      expect(tokens).toHaveLength(3);
      expect([...tokens].sort((x, y) => (x < y ? -1 : 1))).toEqual(tokens);
      expect(fleet.reigns()).toHaveLength(3);
      expect(fleet.overlaps()).toEqual([]);
      expect(fleet.errors).toBe('');
    },
    120_000,
  );

  it.concurrent(
    'candidates that are stopped while acquiring leave no lock behind that they hold',
    async () => {
      const timings = { ...SHORT };
      await using fleet = await fleetOn(server(), 'lease', timings);
      const name = fleet.lockName;
      await fleet.start('leader');
      await fleet.nextLeader(0, 10_000);
      await fleet.start('waiting');
      await fleet.stop('waiting');
      // The leader goes on reporting its renewals.
      expect(fleet.reports.findLast(({ who }) => who === 'waiting')).toMatchObject({
        event: 'ended',
        outcome: { reason: 'stopped', released: false, led: false },
      });
      expect((await holderOf(server(), 'lease', name))?.holder).toBe('leader');
      await fleet.stop('leader');

      // Stopped at once: at whatever point of its first tries it is then.
      for (const who of ['p', 'q', 'r', 's', 't']) {
        await fleet.start(who);
        await fleet.stop(who);
        expect((await holderOf(server(), 'lease', name))?.holder).toBe('');
      }
    },
    // Seven processes are started, one after another, on a machine that may be slow.
    120_000,
  );

  it.concurrent(
    'a candidate without rights says which to add, and leads once it has them',
    async () => {
      await using fleet = await fleetOn(server(), 'lease', SHORT, 'nobody');
      const name = fleet.lockName;
      await fleet.start('denied');
      const { kind, message } = await fleet.failure();
      expect(kind).toBe('forbidden');
      expect(message).toContain('get');
      expect(message).toContain('leases');
      expect(message).toContain('coordination.k8s.io');
      expect(message).toContain(name);
      expect(message).not.toContain(server().user('nobody').token);

      await server().grant('nobody', 'e2e', [
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          verbs: ['get', 'update', 'watch'],
          resourceNames: [name],
        },
      ]);
      await fleet.nextLeader(0, 10_000);
      await server().revoke('nobody', 'e2e');
    },
    60_000,
  );

  it.concurrent(
    'a leader whose token is not accepted any more stops at its deadline, and another leads',
    async () => {
      await server().createNamespace('e2e');
      const token = await server().serviceAccountToken('e2e', 'short-lived');
      await server().grant('system:serviceaccount:e2e:short-lived', 'e2e', [
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          verbs: ['create', 'get', 'update', 'watch'],
        },
      ]);
      await using fleet = await fleetOn(server(), 'lease', SHORT);
      const kubeConfigPath = await server().writeKubeConfig('candidate', { token });
      await fleet.start('expiring', { kubeConfigPath });
      await fleet.nextLeader(0, 10_000);
      await fleet.start('standby');
      const path = '/api/v1/namespaces/e2e/serviceaccounts/short-lived';
      await server().request('admin', 'DELETE', path);
      const deletedAt = machineNow();
      // The server goes on accepting a token that it knows for up to 10 s.
      const next = await fleet.nextLeader(deletedAt, 10_000 + 4_000 + 2_200 + 5_000);
      expect(next.who).toBe('standby');
      expect(fleet.reports.find(({ event }) => event === 'stopped')).toMatchObject({
        who: 'expiring',
        reason: 'deadline',
      });
      const failure = fleet.reports.find(({ event }) => event === 'failed');
      expect(failure).toMatchObject({ who: 'expiring', kind: 'unauthorized' });
      expect(JSON.stringify(fleet.reports)).not.toContain(token);
      expect(fleet.overlaps()).toEqual([]);
    },
    60_000,
  );

  it.concurrent(
    'a missing namespace is named, and the candidate leads once it exists',
    async () => {
      const namespace = `later-${Date.now()}`;
      await using fleet = await fleetOn(server(), 'lease', SHORT);
      const kubeConfigPath = await server().writeKubeConfig('admin');
      await fleet.start('early', { namespace, kubeConfigPath });
      expect((await fleet.failure()).message).toContain(`namespace "${namespace}" does not exist`);
      await server().createNamespace(namespace);
      await fleet.nextLeader(0, 10_000);
    },
    60_000,
  );
});
