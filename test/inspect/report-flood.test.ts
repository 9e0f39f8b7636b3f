import { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { startInspector } from '../../src/inspect.js';
import { Collector } from '../../src/inspect/collector.js';
import { Intake } from '../../src/inspect/intake.js';
import { Outbox } from '../../src/inspect/outbox.js';
import { reportTarget } from '../../src/inspect/report-target.js';
import { Presence } from '../../src/inspect/presence.js';
import { infoOf, stepReport, StreamReader } from './support/reports.js';

/** Steps with so much to tell that a hundred of them are more than a chart takes at once. */
const longStep = (candidate: string, length: number) =>
  stepReport(candidate, {}, [{ type: 'renewed', details: { error: 'x'.repeat(length) } }]);

describe('reports that are more than a chart takes at once', () => {
  async function sent(lengths: readonly number[]): Promise<{ steps: number; said: string[] }> {
    await using inspector = await startInspector();
    const chart = await StreamReader.open(inspector.url);
    const outbox = new Outbox(reportTarget({ url: inspector.url }));
    const said: string[] = [];
    const warn = (_: object, message: string): unknown => said.push(message);
    outbox.logger = { debug: warn, info: warn, warn, error: warn };
    outbox.report({ kind: 'candidate', info: infoOf('ada') });
    for (const length of lengths) outbox.report(longStep('ada', length));
    outbox.report({ kind: 'gone', candidate: 'ada' });
    const kinds = () => chart.messages.flatMap(({ reports }) => reports.map(({ kind }) => kind));
    await expect.poll(kinds).toContain('gone');
    chart.close();
    await outbox.close();
    return { steps: kinds().filter((kind) => kind === 'step').length, said };
  }

  it('go in several batches, and all of them arrive', async () => {
    const lengths = Array.from({ length: 150 }, () => 15_000);
    expect(await sent(lengths)).toEqual({ steps: 150, said: [] });
  });

  it('are left out where one alone is too much, which is said once', async () => {
    const { steps, said } = await sent([100, 2_000_000, 100, 2_000_000, 100]);
    expect(steps).toBe(3);
    expect(said).toEqual([expect.stringMatching(/does not take a report, which is too long/)]);
  });
});

/* Who has the token may still be a program gone wrong: what it sends takes no more room than so much. */
describe('whoever reports without end', () => {
  const introduction = (id: string) => ({
    ageMs: 0,
    report: { kind: 'candidate', info: infoOf(id) },
  });

  it('has the latest of its candidates shown, and is missed by those alone', () => {
    const collector = new Collector();
    const intake = new Intake(collector);
    const socket = new Socket();
    for (let count = 0; count < 20; count += 1) {
      const reports = Array.from({ length: 1000 }, (_, index) => introduction(`${count}-${index}`));
      intake.take({ beatMs: 1000, reports }, socket);
    }
    expect(collector.candidates).toHaveLength(500);
    expect(collector.candidates.at(-1)?.id).toBe('19-999');
  });

  /** As many candidates, each of which makes so many steps with so much to tell. */
  function flood(collector: Collector, candidates: number, steps: number, length: number): void {
    for (let index = 0; index < candidates; index += 1) {
      const id = `${candidates}-${index}`;
      collector.report({ kind: 'candidate', info: infoOf(id) });
      for (let step = 0; step < steps; step += 1) collector.report(longStep(id, length));
    }
  }

  const stepsOf = (collector: Collector, id: string): number =>
    collector.history().filter((report) => report.kind === 'step' && report.candidate === id)
      .length;

  it('takes no more room by the length of the steps, and none from those that say little', () => {
    const collector = new Collector();
    flood(collector, 1, 100, 100);
    flood(collector, 15, 100, 15_000);
    expect(JSON.stringify(collector.greeting()).length).toBeLessThan(16_100_000);
    expect(stepsOf(collector, '1-0')).toBe(100);
    expect(stepsOf(collector, '15-14')).toBeGreaterThan(25);
  });

  it('takes no more room by candidates that come when the others have said their part', () => {
    const collector = new Collector();
    flood(collector, 10, 1000, 1);
    expect(stepsOf(collector, '10-0')).toBe(1000);
    flood(collector, 480, 20, 1);
    expect(collector.history().length).toBeLessThanOrEqual(10_490);
    expect(stepsOf(collector, '480-479')).toBeGreaterThan(9);
    expect(stepsOf(collector, '10-0')).toBeGreaterThan(9);
  });

  it('is not remembered under names that nobody knows', () => {
    const presence = new Presence(
      () => undefined,
      (id) => id === 'known',
    );
    const socket = new Socket();
    presence.heard(socket, 1000, ['known']);
    for (let count = 0; count < 5000; count += 1) presence.heard(socket, 1000, [`name-${count}`]);
    expect(presence.size).toBeLessThanOrEqual(1001);
  });

  it('is gone since its connection has ended, not since that was noticed', () => {
    vi.useFakeTimers();
    try {
      const collector = new Collector();
      const socket = new Socket();
      new Intake(collector).take({ beatMs: 1000, reports: [introduction('a')] }, socket);
      const endedAt = performance.now();
      socket.emit('close');
      vi.advanceTimersByTime(1299);
      expect(collector.history()).toHaveLength(1);
      vi.advanceTimersByTime(1);
      const gone = { kind: 'gone', candidate: 'a', vanished: true, t: endedAt };
      expect(collector.history().at(-1)).toEqual(gone);
    } finally {
      vi.useRealTimers();
    }
  });

  it('says nothing by a step that is too long, and goes on with the next', () => {
    const collector = new Collector();
    const intake = new Intake(collector);
    const details = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`k${String.fromCharCode(97 + (index % 26))}`, 'x']),
    );
    const news = Array.from({ length: 60 }, () => ({ type: 'renewed', details }));
    const step = (report: object) => ({ ageMs: 0, report });
    const reports = [
      introduction('a'),
      step(stepReport('a', {}, news)),
      step(stepReport('a', { leader: 'x'.repeat(300) })),
    ];
    intake.take({ reports }, new Socket());
    expect(collector.history().map(({ kind }) => kind)).toEqual(['candidate', 'step']);
  });
});
