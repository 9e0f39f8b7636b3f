import { expect, it } from 'vitest';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { FaultProxy } from './fleet/fault-proxy.js';
import { machineNow } from './fleet/report.js';
import { DEFAULTS, fleetOn, measured, type Timings } from './fleet/setup.js';

/** What a busy machine may add to the takeover. */
const SLACK_MS = 1_000;

function takeoverBoundMs({ leaseDurationSeconds, retryPeriodSeconds }: Timings): number {
  return (leaseDurationSeconds + 2.2 * retryPeriodSeconds) * 1000 + SLACK_MS;
}

describeWithApiServer('a leader', (server) => {
  it.concurrent.each([DEFAULTS, { ...DEFAULTS, renewDeadlineSeconds: 14, retryPeriodSeconds: 4 }])(
    'behind a connection that goes silent stops at its renew deadline and well before another leads, with $leaseDurationSeconds/$renewDeadlineSeconds/$retryPeriodSeconds',
    async (timings) => {
      await using proxy = await FaultProxy.start(server().url);
      await using fleet = await fleetOn(server(), 'lease', timings);
      const kubeConfigPath = await server().writeKubeConfig('candidate', { server: proxy.url });
      await fleet.start('cut-off', { kubeConfigPath });
      await fleet.nextLeader(0, 10_000);
      await fleet.start('standby');
      await fleet.renewals('cut-off', 2);
      proxy.silence();
      const next = await fleet.nextLeader(machineNow(), takeoverBoundMs(timings));

      const renewals = fleet.reports.flatMap((r) =>
        r.event === 'renewed' && r.who === 'cut-off' ? [r.sentAt] : [],
      );
      const lastSent = renewals.at(-1) ?? Number.NaN;
      const [first, second] = fleet.reigns();
      const stop = fleet.reports.find((r) => r.event === 'stopped' && r.who === 'cut-off');
      const abort = fleet.reports.find(({ event }) => event === 'signalAborted');
      const { leaseDurationSeconds: lease, renewDeadlineSeconds: renew } = timings;
      const label = `silent cut, ${lease}/${renew}/${timings.retryPeriodSeconds}`;
      measured(`${label}: last renewal sent to last isLeader() true`, (first?.to ?? 0) - lastSent);
      measured(`${label}: last renewal sent to signal aborted`, (abort?.at ?? 0) - lastSent);
      measured(`${label}: last renewal sent to onStoppedLeading`, (stop?.at ?? 0) - lastSent);
      measured(`${label}: margin, old leader out to new leader in`, next.at - (first?.to ?? 0));
      expect(first?.who).toBe('cut-off');
      expect(second?.who).toBe('standby');
      expect((first?.to ?? Infinity) - lastSent).toBeLessThanOrEqual(renew * 1000);
      // The event loop of a busy machine may be late with these; the answer above may not.
      expect((abort?.at ?? Infinity) - lastSent).toBeLessThanOrEqual(renew * 1000 + 500);
      expect((stop?.at ?? Infinity) - lastSent).toBeLessThanOrEqual(renew * 1000 + 500);
      expect(next.at - (first?.to ?? 0)).toBeGreaterThanOrEqual((lease - renew) * 1000 - 500);
      expect(fleet.overlaps()).toEqual([]);
    },
    90_000,
  );

  it.concurrent.each(['stopped by SIGSTOP', 'its event loop blocked'])(
    'that does not run for 20 s knows at the first question afterwards that it does not lead: %s',
    async (how) => {
      await using fleet = await fleetOn(server(), 'lease', DEFAULTS);
      await fleet.start('frozen');
      await fleet.nextLeader(0, 10_000);
      await fleet.start('standby');
      await fleet.renewals('frozen', 2);
      const frozenAt = machineNow();
      if (how === 'stopped by SIGSTOP') {
        fleet.signal('frozen', 'SIGSTOP');
        setTimeout(() => {
          fleet.signal('frozen', 'SIGCONT');
        }, 20_000);
      } else fleet.send('frozen', { command: 'block', ms: 20_000 });
      const next = await fleet.nextLeader(frozenAt, takeoverBoundMs(DEFAULTS));
      expect(next.who).toBe('standby');
      const again = await fleet.waitFor(
        'it to run again',
        () => fleet.reports.find(({ event }) => event === 'ranAgain'),
        20_000,
      );
      expect(again).toMatchObject({ who: 'frozen', isLeader: false, aborted: true });
      for (const event of ['stopped', 'leadsNoMore'] as const) {
        const found = () => fleet.reports.find((r) => r.event === event && r.who === 'frozen');
        await fleet.waitFor(`its report of ${event}`, found, 10_000);
      }
      expect(fleet.overlaps()).toEqual([]);
    },
    90_000,
  );
});
