import { expect, it } from 'vitest';
import { AdmissionWebhook, type Review } from '../support/admission-webhook.js';
import type { RunningApiServer } from '../support/api-server-types.js';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { Fleet } from './fleet/fleet.js';
import { SHORT } from './fleet/setup.js';

const NAME = 'job';

/** A fleet in a namespace of its own, in which a webhook is asked about every Lease. */
async function fleetUnder(
  server: RunningApiServer,
  namespace: string,
  kind: 'mutating' | 'validating',
  review: Review,
) {
  await server.createNamespace(namespace);
  const webhook = await AdmissionWebhook.start(server, {
    kind,
    name: `${namespace}.example.com`,
    namespace,
    review,
  });
  const kubeConfigPath = await server.writeKubeConfig('candidate');
  const fleet = new Fleet({ kubeConfigPath, kind: 'lease', name: NAME, namespace, ...SHORT });
  return { webhook, fleet };
}

async function leaseIn(server: RunningApiServer, namespace: string) {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${NAME}`;
  const { body } = await server.request('admin', 'GET', path);
  return (body as { spec?: Readonly<Record<string, unknown>> }).spec;
}

/** A change beside the record: whoever holds the lock is told of it, and is shown what is stored. */
async function label(server: RunningApiServer, namespace: string): Promise<void> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${NAME}`;
  const patch = { metadata: { labels: { seen: 'yes' } } };
  const headers = { 'content-type': 'application/merge-patch+json' };
  const { status } = await server.request('admin', 'PATCH', path, patch, headers);
  expect(status).toBe(200);
}

const cut = (time: unknown): string => String(time).replace(/\d{3}Z$/, '000Z');

describeWithApiServer('a leader whose record is altered by a mutating webhook', (server) => {
  it.concurrent(
    'leads on when the last digits of its times are cut off',
    async () => {
      const { webhook, fleet } = await fleetUnder(server(), 'cuts', 'mutating', ({ spec }) => ({
        spec: {
          ...(spec['renewTime'] === undefined ? {} : { renewTime: cut(spec['renewTime']) }),
          ...(spec['acquireTime'] === undefined ? {} : { acquireTime: cut(spec['acquireTime']) }),
        },
      }));
      await using _webhook = webhook;
      await using _fleet = fleet;
      await fleet.start('a');
      await fleet.nextLeader(0, 10_000);
      await fleet.start('b');
      await label(server(), 'cuts');
      // Several renew deadlines: whoever takes its own record for another's has lost the lock by then.
      await fleet.renewals('a', 8);
      expect((await leaseIn(server(), 'cuts'))?.['renewTime']).toMatch(/\.\d{3}000Z$/);
      expect(fleet.reigns()).toHaveLength(1);
      const stoppedAt = await fleet.stop('a');
      const end = fleet.reports.findLast(({ event }) => event === 'ended');
      expect(end).toMatchObject({ outcome: { reason: 'stopped', released: true } });
      expect((await fleet.nextLeader(stoppedAt, 10_000)).who).toBe('b');
      expect(fleet.overlaps()).toEqual([]);
    },
    90_000,
  );

  const capped = (cap: number): Review => {
    return ({ spec }) =>
      Number(spec['leaseDurationSeconds']) > cap ? { spec: { leaseDurationSeconds: cap } } : {};
  };

  it.concurrent(
    'leads on when its lease is capped above its renew deadline',
    async () => {
      const { webhook, fleet } = await fleetUnder(server(), 'caps', 'mutating', capped(6));
      await using _webhook = webhook;
      await using _fleet = fleet;
      const timings = { leaseDurationSeconds: 8, renewDeadlineSeconds: 4, retryPeriodSeconds: 1 };
      await fleet.start('a', timings);
      await fleet.nextLeader(0, 10_000);
      await fleet.start('b', timings);
      await label(server(), 'caps');
      // Several renew deadlines: whoever takes its own record for another's has lost the lock by then.
      await fleet.renewals('a', 8);
      expect((await leaseIn(server(), 'caps'))?.['leaseDurationSeconds']).toBe(6);
      expect(fleet.reigns()).toHaveLength(1);
      expect(fleet.overlaps()).toEqual([]);
    },
    90_000,
  );

  it.concurrent(
    'does not lead when its lease is capped to its renew deadline, and says why',
    async () => {
      const { webhook, fleet } = await fleetUnder(server(), 'chokes', 'mutating', capped(3));
      await using _webhook = webhook;
      await using _fleet = fleet;
      await fleet.start('a');
      const { message } = await fleet.failure();
      expect(message).toMatch(/leaseDuration/);
      expect(message).toMatch(/renewDeadline/);
      expect(message).toMatch(/\b3\b.*\b3\b/s);
      expect(fleet.reigns()).toEqual([]);
    },
    60_000,
  );
});

describeWithApiServer('a candidate whose claim a validating webhook denies', (server) => {
  it('says so in the words of the webhook, and prints no Role', async () => {
    const denied = 'no elections on Sundays, ask team-x';
    const { webhook, fleet } = await fleetUnder(server(), 'denies', 'validating', () => ({
      denied,
    }));
    await using _webhook = webhook;
    await using _fleet = fleet;
    await fleet.start('a');
    const { message } = await fleet.failure();
    expect(message).toContain(
      `admission webhook "denies.example.com" denied the request: ${denied}`,
    );
    expect(message).not.toMatch(/kind: Role|kubectl create rolebinding|Add this Role/);
    expect(fleet.reigns()).toEqual([]);
  });
});
