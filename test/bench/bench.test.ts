import { describe, expect, it } from 'vitest';
import { markdownOf } from './output/markdown.js';
import { takeoverPlot } from './output/plot.js';
import { bytes, milliseconds, ratio } from './output/units.js';
import { weightSection } from './output/weight.js';
import { type Results, updated } from './results.js';
import type { WeightOf } from './weights.js';
import { distributionOf, medianOf } from './statistics.js';
import { difference, readCounters, total } from './world/metrics.js';

const labels = (resource: string, verb: string, code: string): string =>
  `{code="${code}",component="apiserver",resource="${resource}",scope="resource",verb="${verb}"}`;

const metrics = (puts: number, conflicts: number): string => `# HELP apiserver_request_total Counter
apiserver_request_total${labels('leases', 'GET', '200')} 7
apiserver_request_total${labels('leases', 'PUT', '200')} ${puts}
apiserver_request_total${labels('leases', 'PUT', '409')} ${conflicts}
apiserver_request_total${labels('leases', 'GET', '409')} 5
apiserver_request_total${labels('configmaps', 'PUT', '409')} 100
apiserver_watch_events_total{group="coordination.k8s.io",resource="leases",version="v1"} 1.2e+03
`;

const results = (handover: Record<string, number[]>): Results => ({
  startedAt: '2026-01-02T03:04:05Z',
  minutes: 1,
  quick: true,
  machine: { system: 'Linux', processor: 'P', cores: 2, memoryGigabytes: 8, loadBefore: 0 },
  versions: { Node: 'v20' },
  timings: { leaseDurationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 2 },
  scenarios: {
    handover: Object.fromEntries(
      Object.entries(handover).map(([id, samples]) => [
        id,
        { gapMs: distributionOf(samples), overlaps: 0 },
      ]),
    ),
  },
  notes: ['Not run: crash.'],
});

describe('the benchmark', () => {
  it('counts requests, conflicting writes and watch events of leases, and of nothing else', () => {
    const counters = difference(readCounters(metrics(10, 1)), readCounters(metrics(15, 4)));
    expect(counters.requests).toEqual({ PUT: 8 });
    expect(total(counters.requests)).toBe(8);
    expect(counters.conflicts).toBe(3);
    expect(readCounters(metrics(0, 0)).watchEvents).toBe(1_200);
  });

  it('takes the middle of an odd number of samples, and the mean of two of an even one', () => {
    expect(medianOf([9, 1, 5])).toBe(5);
    expect(medianOf([9, 1, 5, 7])).toBe(6);
    expect(() => distributionOf([])).toThrow('No samples');
  });

  it('says how a figure compares with the reference, on either side of it', () => {
    expect(ratio(20, 660)).toBe('1/33');
    expect(ratio(990, 660)).toBe('1.5');
    expect(ratio(20, undefined)).toBe('-');
    expect(milliseconds(999.4)).toBe('999 ms');
    expect(milliseconds(1_140)).toBe('1.14 s');
    expect(bytes(24_600)).toBe('24.6 kB');
  });

  it('sets the weight of a candidate against that of bare Node, and of two for run', () => {
    const one = (value: number) => distributionOf([value]);
    const weighs = (megabytes: number, cpu: number, startMs?: number): WeightOf => ({
      residentMegabytes: one(megabytes),
      peakMegabytes: one(megabytes + 1),
      cpuMsPerSecond: one(cpu),
      ...(startMs === undefined ? {} : { startMs: one(startMs) }),
    });
    const others = { clientGoFollower: weighs(23, 0.5), clientGoLeader: weighs(24, 0.6) };
    const text = weightSection({
      seconds: 300,
      of: {
        ...{ bareNode: weighs(40, 0, 30), handWatch: weighs(42, 0.2, 60) },
        handRenewal: weighs(47, 0.6, 60),
        ...{ follower: weighs(50, 0.5, 120), leader: weighs(51, 1, 130), run: weighs(92, 1, 150) },
        ...others,
      },
      installBytes: 6_600_000,
    });
    expect(text).toContain(
      '| this package, waits | 50 (+10) | 51 (+10) | 0.5 | 2.5 | 120 ms | 1 |',
    );
    expect(text).toMatch(/^\| `run -- sleep`.* \| 92 \(\+12\) \| 93 \(\+11\) \|/m);
    expect(text).toContain('| client-go, waits | 23 | 24 | 0.5 | 2.5 | - | 1 |');
    expect(text).toContain('puts 6.6 MB into an empty folder');
  });

  it('leaves out what was not measured, on the page and in the plot', () => {
    const made = results({ own: [10, 12], 'client-go': [600, 700, 800] });
    const page = markdownOf(made, 'plot.svg');
    expect(page).toContain('| this package | 11 ms | 1/63.6 | 10 ms | 12 ms | 2 |');
    expect(page).not.toMatch(/^\| Python client/m);
    expect(page).not.toContain('## Crash');
    expect(page).toContain('- Not run: crash.');
    const plot = takeoverPlot(made);
    expect(plot?.match(/<circle/g)).toHaveLength(5);
    expect(plot).not.toContain('Crash');
    expect(takeoverPlot({ ...made, scenarios: {} })).toBeUndefined();
  });

  it('takes a part that was measured later for what it was, and says so', () => {
    const whole = results({ own: [10], 'client-go': [600] });
    const later = (day: string, own: number, load: number): Results => ({
      ...results({ own: [own], 'client-go': [600] }),
      startedAt: `2026-02-${day}T03:04:05Z`,
      versions: { Node: 'v22' },
      machine: { ...whole.machine, loadBefore: load },
      notes: [`weight failed on the ${day}.`],
    });
    const made = updated(updated(whole, later('03', 20, 0.1)), later('04', 30, 0.2));
    const page = markdownOf(made, undefined);
    expect(page).toContain('| this package | 30 ms |');
    expect(page).toContain('- 2026-01-02, 1 minutes.');
    expect(page).toContain(
      '- Measured by itself on 2026-02-04, Node v22; load before: 0.2: clean hand-over.\n',
    );
    expect(page).not.toContain('2026-02-03');
    expect(page).toMatch(/^- Not run: crash\.\n- weight failed on the 04\.$/m);
  });
});
