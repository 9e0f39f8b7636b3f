import type { Fact } from '../facts.js';
import { Agenda } from './agenda.js';

/** More than that never happens at one time, unless something goes in circles. */
const MOST_AT_ONCE = 50_000;

/**
 * True time, and everything that happens in it. One thing happens at a time; after each in which
 * code under test ran, all its promises settle before the next.
 */
export class World {
  /** True time in ms since the beginning. */
  now = 0;
  readonly #agenda = new Agenda();
  readonly #record: (fact: Fact) => void;
  readonly #afterTurn: () => void;
  #ranCode = false;
  #noticed = false;
  #ended = false;

  /** @param afterTurn called when code under test has run and its promises have settled, or on notice */
  constructor(record: (fact: Fact) => void, afterTurn: () => void) {
    this.#record = record;
    this.#afterTurn = afterTurn;
  }

  at(t: number, act: () => void): void {
    this.#agenda.add(Math.max(t, this.now), act);
  }

  after(ms: number, act: () => void): void {
    this.#agenda.add(this.now + Math.max(0, ms), act);
  }

  /** Code under test is about to run: what it starts is to settle before anything else happens. */
  touch(): void {
    this.#ranCode = true;
  }

  /** What is happening may change what candidates would answer, though none of their code runs. */
  notice(): void {
    this.#noticed = true;
  }

  record(fact: Fact): void {
    this.#record(fact);
  }

  end(): void {
    this.#ended = true;
  }

  async run(): Promise<void> {
    let atOnce = 0;
    while (!this.#ended) {
      const entry = this.#agenda.take();
      if (entry === undefined) return;
      atOnce = entry.t > this.now ? 0 : atOnce + 1;
      this.now = entry.t;
      if (atOnce > MOST_AT_ONCE) {
        this.#record({ kind: 'broke', t: this.now, what: 'something goes on for ever in no time' });
        return;
      }
      entry.act();
      if (this.#ranCode) {
        this.#ranCode = false;
        this.#noticed = true;
        await settled();
      }
      if (!this.#noticed) continue;
      this.#noticed = false;
      this.#afterTurn();
    }
  }
}

/** An immediate runs after every promise that can settle has done so. It costs about 1.5 µs. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
