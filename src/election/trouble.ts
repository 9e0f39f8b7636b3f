import type { Clock } from '../time/clock.js';

/** In milliseconds. The first reminder comes after this time, each further one after twice as long. */
const FIRST_REMINDER_MS = 30_000;
const LONGEST_INTERVAL_MS = 3_600_000;

/** What was over so soon is not worth a warning: somebody may look for its end, but nobody waits. */
const BRIEF_MS = 10_000;

type Say = (level: 'debug' | 'info' | 'warn', message: string, fields: object) => void;

/**
 * Something that does not work at present. It is told at once, again at growing intervals as long as
 * it lasts, and when it is over. It has no timer: whoever has it asks often enough for reminders.
 */
export class Trouble {
  readonly #clock: Clock;
  readonly #say: Say;
  /** What is said when it is over. */
  readonly #over: string;
  #sinceMs: number | null = null;
  #nextMs = 0;
  #intervalMs = 0;
  /** What kinds of it have been told; null until there was one. */
  #told: Set<string> | null = null;
  #message = '';
  #fields: object = {};

  constructor(clock: Clock, say: Say, over: string) {
    this.#clock = clock;
    this.#say = say;
    this.#over = over;
  }

  /** It does not work. Of each kind is warned once, and of the latest again and again. */
  report(kind: string, message: string, fields: object): void {
    if (this.#sinceMs === null) {
      this.#sinceMs = this.#nowMs;
      this.#intervalMs = FIRST_REMINDER_MS;
      this.#nextMs = this.#nowMs + FIRST_REMINDER_MS;
      this.#told = new Set();
    }
    this.#message = message;
    this.#fields = fields;
    this.#say(this.#told?.has(kind) === true ? 'debug' : 'warn', message, fields);
    this.#told?.add(kind);
  }

  /** It may be time to say again that it lasts. */
  remind(): void {
    if (this.#sinceMs === null || this.#nowMs < this.#nextMs) return;
    this.#intervalMs = Math.min(this.#intervalMs * 2, LONGEST_INTERVAL_MS);
    this.#nextMs = this.#nowMs + this.#intervalMs;
    const lasted = span(this.#nowMs - this.#sinceMs);
    this.#say('warn', `${this.#message}. It has been so for ${lasted}`, this.#fields);
  }

  /** It works. */
  end(): void {
    if (this.#sinceMs === null) return;
    const lastedMs = this.#nowMs - this.#sinceMs;
    this.#sinceMs = null;
    this.#told = null;
    this.#fields = {};
    this.#say(lastedMs < BRIEF_MS ? 'info' : 'warn', `${this.#over}, after ${span(lastedMs)}`, {});
  }

  get #nowMs(): number {
    return this.#clock.now().monotonicMs;
  }
}

/** What may not work, for a while. */
export type Troubles = Readonly<Record<'failure' | 'watch' | 'record', Trouble>>;

export function troublesOf(clock: Clock, say: Say): Troubles {
  return {
    failure: new Trouble(clock, say, 'Requests for the lock succeed again'),
    watch: new Trouble(clock, say, 'The lock is watched again'),
    record: new Trouble(clock, say, 'The record in the lock can be read, or is gone'),
  };
}

function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
