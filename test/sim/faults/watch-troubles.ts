import type { Link } from '../world/link.js';
import type { Random } from '../world/random.js';
import type { Streams } from '../world/streams.js';
import type { FaultKind, Worsen } from './kinds.js';

/** What goes wrong with watches alone. */
export class WatchTroubles {
  readonly #streams: Streams;
  readonly #random: Random;
  readonly #worsen: Worsen;

  constructor(streams: Streams, random: Random, worsen: Worsen) {
    this.#streams = streams;
    this.#random = random;
    this.#worsen = worsen;
  }

  /** False when the fault has nothing to do with watches. */
  strike(fault: FaultKind, link: Link, lastsMs: number): boolean {
    const random = this.#random;
    const { trouble } = this.#streams;
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
        if (random.chance(0.3)) this.#worsen(lastsMs, trouble, { closed: random.next() });
        return true;
      case 'watches refused':
        this.#worsen(lastsMs, trouble, { refused: random.next() });
        this.#streams.each(where, (connection) => {
          connection.end();
        });
        return true;
      case 'watch events late':
        this.#worsen(lastsMs, trouble, { late: random.next() });
        return true;
      case 'watch events repeated or stale':
        this.#worsen(lastsMs, trouble, { repeated: random.next(), stale: random.next() });
        return true;
      case 'watch events missing':
        this.#worsen(lastsMs, trouble, { missing: random.next(), error: random.next() / 4 });
        return true;
      default:
        return false;
    }
  }
}
