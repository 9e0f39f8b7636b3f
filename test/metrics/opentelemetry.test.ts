import { type Attributes, createNoopMeter, type ObservableCallback } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect, it, onTestFinished } from 'vitest';
import { LeaderElection } from '../../src/index.js';
import { INSTRUMENTS } from '../../src/metrics/instruments.js';
import { registerMetrics } from '../../src/opentelemetry.js';
import { InMemoryLockStore } from '../../src/testing/in-memory-lock.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

function stage() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  const collect = async (): Promise<ReadonlyMap<string, MetricData>> => {
    await provider.forceFlush();
    const { scopeMetrics } = exporter.getMetrics().at(-1)!;
    return new Map(
      scopeMetrics.flatMap(({ metrics }) => metrics.map((one) => [one.descriptor.name, one])),
    );
  };
  const clock = new VirtualClock();
  const store = new InMemoryLockStore();
  const candidate = (identity: string): LeaderElection =>
    new LeaderElection({
      lock: store.lock(identity),
      clock,
      logger: false,
      onStartedLeading: null,
    });
  return { meter: provider.getMeter('test'), collect, clock, candidate };
}

/** The points of one metric: their attributes and values. */
const points = (metric: MetricData | undefined) =>
  metric?.dataPoints.map(({ attributes, value }) => [attributes, value]) ?? [];

it('a leader and a follower, with the names, units and words of the table', async () => {
  const { meter, collect, clock, candidate } = stage();
  const [leader, follower] = [candidate('a'), candidate('b')];
  registerMetrics(leader, { meter, name: 'first' });
  registerMetrics(follower, { meter, name: 'second' });
  void leader.run();
  await clock.advance(100);
  void follower.run();
  await clock.advance(2_900);
  const metrics = await collect();
  for (const { name, help } of INSTRUMENTS) {
    const metric = metrics.get(name);
    if (metric === undefined) continue;
    expect(metric.descriptor.description).toBe(help);
    expect(metric.descriptor.unit).toBe(name.endsWith('_seconds') ? 's' : '');
  }
  expect(points(metrics.get('leader_election_master_status'))).toEqual([
    [{ name: 'first' }, 1],
    [{ name: 'second' }, 0],
  ]);
  expect(points(metrics.get('k8s_leader_election_lease_remaining_seconds'))).toEqual([
    [{ name: 'first' }, 9],
  ]);
  expect(points(metrics.get('k8s_leader_election_terms_ended_total'))).toContainEqual([
    { name: 'first', reason: 'deadline' },
    0,
  ]);
  expect(points(metrics.get('k8s_leader_election_renewal_duration_seconds'))).toEqual([
    [{ name: 'first' }, expect.objectContaining({ count: 1, sum: 0 })],
  ]);
  await leader.stop();
  await follower.stop();
});

it('a leader that was lost, and the takeover of the one that follows', async () => {
  const { meter, collect, clock, candidate } = stage();
  const [first, second] = [candidate('a'), candidate('b')];
  registerMetrics(first, { meter, name: 'first' });
  const unregister = registerMetrics(second, { meter, name: 'second' });
  void first.run();
  await clock.advance(100);
  void second.run();
  await clock.advance(3_000);
  clock.freeze(60_000);
  await clock.advance(20_000);
  const metrics = await collect();
  const ended = points(metrics.get('k8s_leader_election_terms_ended_total'));
  expect(ended).toContainEqual([{ name: 'first', reason: 'deadline' }, 1]);
  expect(points(metrics.get('k8s_leader_election_lease_remaining_seconds'))).toEqual([
    [{ name: 'second' }, expect.any(Number)],
  ]);
  const takeovers = points(metrics.get('k8s_leader_election_takeover_duration_seconds'));
  expect(takeovers).toEqual([[{ name: 'second' }, expect.objectContaining({ count: 1 })]]);
  unregister();
  const status = points((await collect()).get('leader_election_master_status'));
  expect(status).toEqual([
    [{ name: 'first' }, 0],
    [{ name: 'second' }, 0],
  ]);
  expect(second.isLeader()).toBe(true);
  await second.stop();
});

it('what a leader that was stopped has told is told no more', async () => {
  const { meter, collect, clock, candidate } = stage();
  const leader = candidate('a');
  registerMetrics(leader, { meter });
  void leader.run();
  await clock.advance(100);
  const name = 'InMemoryLock';
  expect(points((await collect()).get('leader_election_master_status'))).toEqual([[{ name }, 1]]);
  await leader.stop();
  const metrics = await collect();
  expect(points(metrics.get('leader_election_master_status'))).toEqual([[{ name }, 0]]);
  const remaining = metrics.get('k8s_leader_election_lease_remaining_seconds');
  expect(points(remaining)).toEqual([[{ name }, Number.NaN]]);
});

it('a meter refuses a second election of the same name', () => {
  const { meter, candidate } = stage();
  registerMetrics(candidate('a'), { meter });
  expect(() => registerMetrics(candidate('b'), { meter })).toThrow(/name is taken/);
  expect(() => registerMetrics(candidate('b'), { meter: {} } as never)).toThrow(
    /meter must be a Meter of OpenTelemetry/,
  );
  const none = (): undefined => undefined;
  const fake = { createCounter: none, createHistogram: none, createObservableGauge: none };
  expect(() => registerMetrics(candidate('b'), { meter: fake } as never)).toThrow(
    /^registerMetrics\(\): 1 problem\n.* meter must be a Meter of OpenTelemetry \(it failed: /,
  );
  expect(() => registerMetrics(candidate('b'), fake as never)).toThrow(/such as { meter }/);
});

it('of elections that come and go without end, no more is told than the SDK keeps', () => {
  const { candidate } = stage();
  const read: ObservableCallback[] = [];
  const meter = createNoopMeter();
  const addCallback = (callback: ObservableCallback): void => void read.push(callback);
  meter.createObservableGauge = () => ({ addCallback, removeCallback: () => undefined });
  const collect = (): unknown[] => {
    const names: unknown[] = [];
    const result = { observe: (_: number, labels?: Attributes) => names.push(labels?.['name']) };
    void read[0]?.(result);
    return names;
  };
  registerMetrics(candidate('a'), { meter, name: 'stays' });
  collect();
  for (let count = 0; count < 2100; count += 1) {
    const unregister = registerMetrics(candidate('b'), { meter, name: `lock-${count}` });
    collect();
    unregister();
  }
  const names = collect();
  expect(names).toHaveLength(2001);
  expect(names).toContain('stays');
  expect(names).not.toContain('lock-0');
  expect(names).toContain('lock-2099');
});

it('without any SDK nothing happens', () => {
  const { candidate } = stage();
  const unregister = registerMetrics(candidate('a'));
  expect(() => {
    unregister();
  }).not.toThrow();
});
