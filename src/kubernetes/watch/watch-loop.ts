import type { LockError } from '../../errors/lock-error.js';
import type { Clock } from '../../time/clock.js';
import type { ApiTransport } from '../api-client.js';
import { isNewer } from '../resource-version.js';
import { versionOf, type WatchEvent } from './watch-events.js';
import { type WatchEnd, watchOnce, type WatchTarget } from './watch-request.js';

/** The clock and the chance that pauses are made of. */
export interface Pacing {
  readonly clock: Clock;
  readonly random: () => number;
}

export interface WatchLoopOptions extends Pacing {
  readonly transport: ApiTransport;
  readonly target: WatchTarget;
  /** An object was changed or deleted; or, at first, this is how it is. */
  readonly event: (event: WatchEvent) => void;
  /** Events come from now on; with a gap, some may be missing from before. */
  readonly opened: (gap: boolean) => void;
  /** No events come at present. It goes on trying. */
  readonly failed: (error: LockError) => void;
}

/** The server ends a watch after so many seconds, drawn from this range; it is set up again. */
const LASTS_SECONDS = { least: 240, most: 480 } as const;

/**
 * A watch that has not brought a line for so long may be dead: a live leader renews every few
 * seconds, and without one a bookmark comes about every minute.
 */
const SILENCE_MS = 75_000;

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** Rights are not granted within seconds. */
const REFUSED_PAUSE_MS = 30_000;
/** A server that asks for more has made a mistake, and nobody would hear of its end. */
const LONGEST_ASKED_MS = 600_000;
/** A watch that has lasted for so long has failed for a new reason, if it has failed. */
const SOUND_MS = 5000;

/**
 * A watch that is kept up: whenever it ends, it goes on from the version it had reached, at once
 * after an orderly end and with growing pauses after failures.
 */
export class WatchLoop {
  readonly #options: WatchLoopOptions;
  #request: AbortController | null = null;
  #pause: unknown = null;
  #silence: unknown = null;
  #since: string | null = null;
  #isOpen = false;
  /** Whoever listens was told that events come. */
  #saidOpen = false;
  #everOpened = false;
  #gap = false;
  #openedAtMs = 0;
  #heardAtMs = 0;
  #failures = 0;
  #closed = false;

  constructor(options: WatchLoopOptions) {
    this.#options = options;
    this.#connect();
  }

  /** Events come at present. */
  get isOpen(): boolean {
    return this.#saidOpen;
  }

  /** Sets the watch up anew, from the version it has reached. */
  restart(): void {
    if (this.#closed || this.#request === null) return;
    this.#letGo();
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.#letGo();
    this.#options.clock.clearTimeout(this.#pause);
  }

  get #nowMs(): number {
    return this.#options.clock.now().monotonicMs;
  }

  #letGo(): void {
    this.#request?.abort();
    this.#request = null;
    this.#isOpen = false;
    this.#options.clock.clearTimeout(this.#silence);
  }

  #connect(): void {
    const { transport, target, clock, random } = this.#options;
    const request = new AbortController();
    this.#request = request;
    const { least, most } = LASTS_SECONDS;
    const present = (act: () => void): void => {
      if (this.#request === request) act();
    };
    void watchOnce({
      transport,
      clock,
      target,
      since: this.#since,
      timeoutSeconds: Math.round(least + (most - least) * random()),
      signal: request.signal,
      opened: () => {
        present(() => {
          this.#opened();
        });
      },
      event: (event) => {
        present(() => {
          this.#take(event);
        });
      },
    }).then((end) => {
      present(() => {
        this.#ended(end);
      });
    });
  }

  #opened(): void {
    this.#isOpen = true;
    this.#openedAtMs = this.#nowMs;
    this.#heardAtMs = this.#openedAtMs;
    this.#listenForSilence(SILENCE_MS);
    if (this.#saidOpen && !this.#gap) return;
    const gap = this.#gap || this.#everOpened;
    this.#saidOpen = true;
    this.#everOpened = true;
    this.#gap = false;
    this.#options.opened(gap);
  }

  #take(event: WatchEvent): void {
    this.#heardAtMs = this.#nowMs;
    const version = versionOf(event.object);
    if (version === null) return;
    // What is there at first comes in any order, and the highest version is what is current.
    if (isNewer(version, this.#since)) this.#since = version;
    if (event.type !== 'BOOKMARK') this.#options.event(event);
  }

  #ended(end: WatchEnd): void {
    const { clock } = this.#options;
    const lastedMs = this.#isOpen ? this.#nowMs - this.#openedAtMs : 0;
    this.#letGo();
    if (end.kind === 'expired') {
      this.#since = null;
      this.#gap = true;
    }
    this.#failures = lastedMs >= SOUND_MS ? 0 : this.#failures + 1;
    const pauseMs = this.#pauseMs(end);
    // One failed connection is not worth a word: what changes meanwhile is told after the next.
    if (end.kind === 'failed' && (this.#failures > 1 || !this.#saidOpen)) {
      this.#saidOpen = false;
      this.#options.failed(end.error);
    }
    if (this.#closed) return;
    this.#pause = clock.setTimeout(() => {
      this.#connect();
    }, pauseMs);
  }

  #pauseMs(end: WatchEnd): number {
    const { random } = this.#options;
    if (this.#failures === 0) return FIRST_PAUSE_MS * 0.2 * random();
    const refused = end.kind === 'failed' && end.error.kind === 'forbidden';
    const least = refused
      ? REFUSED_PAUSE_MS
      : FIRST_PAUSE_MS * 2 ** Math.min(this.#failures - 1, 8);
    const asked = end.kind === 'failed' ? (end.error.retryAfterMs ?? 0) : 0;
    const ownMs = Math.min(least, LONGEST_PAUSE_MS) * (0.5 + random() / 2);
    return Math.max(ownMs, Math.min(asked, LONGEST_ASKED_MS));
  }

  #listenForSilence(ms: number): void {
    const { clock } = this.#options;
    this.#silence = clock.setTimeout(() => {
      const leftMs = this.#heardAtMs + SILENCE_MS - this.#nowMs;
      if (leftMs > 0) this.#listenForSilence(leftMs);
      else this.restart();
    }, ms);
  }
}
