import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { fleetOn, measured, SHORT } from './fleet/setup.js';

/** More than two leases, and than one and the slack for clocks: less would be waited for. */
const DOWN_MS = 12_000;
const LEADS_WITHIN_MS = 1_000;

describeWithApiServer('a candidate that starts when everybody was down for long', (server) => {
  it.concurrent.each(['lease', 'configmap'] as const)(
    'leads within a second over the %s that a killed leader has left',
    async (kind) => {
      await using fleet = await fleetOn(server(), kind, SHORT);
      await fleet.start('killed');
      await fleet.nextLeader(0, 10_000);
      await fleet.start('also-killed');
      await fleet.kill('also-killed');
      const killedAt = await fleet.kill('killed');
      await delay(DOWN_MS);
      await fleet.start('new');
      const next = await fleet.nextLeader(killedAt, 20_000);
      const up = fleet.reports.find(({ who, event }) => who === 'new' && event === 'up');
      const tookMs = next.at - (up?.at ?? -Infinity);
      measured(`${kind}: cold start after three leases`, tookMs);
      expect(next.who).toBe('new');
      expect(tookMs).toBeLessThanOrEqual(LEADS_WITHIN_MS);
    },
    120_000,
  );

  it.concurrent(
    'waits for the lease of one that was killed a moment ago',
    async () => {
      await using fleet = await fleetOn(server(), 'lease', SHORT);
      await fleet.start('killed');
      await fleet.nextLeader(0, 10_000);
      const killedAt = await fleet.kill('killed');
      await fleet.start('new');
      const next = await fleet.nextLeader(killedAt, 30_000);
      expect(next.at - killedAt).toBeGreaterThan(SHORT.leaseDurationSeconds * 1000);
    },
    90_000,
  );
});
