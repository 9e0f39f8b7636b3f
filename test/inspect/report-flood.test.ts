import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Collector } from '../../src/inspect/collector.js';
import { Intake } from '../../src/inspect/intake.js';
import { Presence } from '../../src/inspect/presence.js';
import { infoOf, stepReport } from './support/reports.js';

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
