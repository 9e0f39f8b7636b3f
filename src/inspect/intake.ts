import type { Socket } from 'node:net';
import type { Collector } from './collector.js';
import { Presence } from './presence.js';
import { readBatch } from './report-intake.js';

/** Takes in what other processes report, and notices when one of them is gone. */
export class Intake {
  readonly #collector: Collector;
  readonly #presence: Presence;

  constructor(collector: Collector) {
    this.#collector = collector;
    this.#presence = new Presence(
      (candidate, agoMs) => {
        collector.add({ kind: 'gone', candidate, vanished: true }, agoMs);
      },
      (candidate) => collector.knows(candidate),
    );
  }

  /** @throws {TypeError} if it is no batch */
  take(body: unknown, from: Socket): void {
    const { reports, beatMs } = readBatch(body);
    const there = new Set<string>();
    for (const { report, ageMs } of reports) {
      this.#collector.add(report, ageMs);
      if (report.kind === 'candidate') there.add(report.info.id);
      if (report.kind !== 'gone') continue;
      there.delete(report.candidate);
      this.#presence.forget(report.candidate);
    }
    if (beatMs !== null) this.#presence.heard(from, beatMs, [...there]);
  }
}
