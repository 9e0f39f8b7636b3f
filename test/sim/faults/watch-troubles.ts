import type { Link } from '../world/link.js';
import type { Random } from '../world/random.js';
import type { Streams } from '../world/streams.js';
import type { WatchTrouble } from '../world/watch-connection.js';
import type { FaultKind } from './kinds.js';

/** What goes wrong with watches alone. */
export class WatchTroubles {
  readonly #streams: Streams;
  readonly #random: Random;
  readonly #during: (ms: number, undo: () => void) => void;
  readonly #usual: Readonly<WatchTrouble>;

  /** @param during calls `undo` after that time, or earlier when all is to be quiet */
  constructor(streams: Streams, random: Random, during: (ms: number, undo: () => void) => void) {
    this.#streams = streams;
    this.#random = random;
    this.#during = during;
    this.#usual = { ...streams.trouble };
  }

  /** False when the fault has nothing to do with watches. */
  strike(fault: FaultKind, link: Link, lastsMs: number): boolean {
    const random = this.#random;
    const where = random.chance(0.3) ? null : link;
    switch (fault) {
      case 'watches silent':
        this.#streams.each(where, (connection) => {
          connection.silence();
        });
        return true;
      case 'watches closed':
        this.#streams.each(where, (connection) => {
          if (random.chance(0.5)) connection.end();
          else connection.break();
        });
        // And again at every other event, for a while.
        if (random.chance(0.3)) this.#worsen(lastsMs, { closed: random.next() });
        return true;
      case 'watches refused':
        this.#worsen(lastsMs, { refused: random.next() });
        this.#streams.each(where, (connection) => {
          connection.end();
        });
        return true;
      case 'watch events late':
        this.#worsen(lastsMs, { late: random.next() });
        return true;
      case 'watch events repeated or stale':
        this.#worsen(lastsMs, { repeated: random.next(), stale: random.next() });
        return true;
      case 'watch events missing':
        this.#worsen(lastsMs, { missing: random.next(), error: random.next() / 4 });
        return true;
      default:
        return false;
    }
  }

  #worsen(ms: number, how: Partial<WatchTrouble>): void {
    const { trouble } = this.#streams;
    Object.assign(trouble, how);
    this.#during(ms, () => {
      for (const name of Object.keys(how) as (keyof WatchTrouble)[]) {
        trouble[name] = this.#usual[name];
      }
    });
  }
}
