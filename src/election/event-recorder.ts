import type { ElectionNews } from '../../machines/types.js';
import { LockError } from '../errors/lock-error.js';
import type { LockEvent, ResourceLock } from '../lock/resource-lock.js';
import type { Logger } from '../logging/logger.js';
import type { Clock } from '../time/clock.js';

/** How long writing one of them may take, in milliseconds. */
const TIMEOUT_MS = 5000;

/** How long the end of an election waits for what is still being written, in milliseconds. */
const FAREWELL_MS = 1000;

/** So many may be written at once, and then one in five minutes: the figures of client-go. */
const AT_ONCE = 25;
const INTERVAL_MS = 300_000;

/** What says that the API server cannot be reached, which is in the log already. */
const UNREACHED: readonly LockError['kind'][] = ['network', 'timeout', 'aborted'];

type Recording = ResourceLock & Required<Pick<ResourceLock, 'recordEvent'>>;

/** Null for a lock that writes no events down. */
export function recorderFor(
  lock: ResourceLock,
  logger: Logger,
  clock: Clock,
): EventRecorder | null {
  return typeof lock.recordEvent === 'function'
    ? new EventRecorder(lock as Recording, logger, clock)
    : null;
}

/**
 * Has the lock write down who became leader and who stopped leading, one after the other. Nothing of
 * the election waits for it; what fails is not tried again, and a right that is missing ends it.
 */
export class EventRecorder {
  readonly #lock: Recording;
  readonly #logger: Logger;
  readonly #clock: Clock;
  #underWay = 0;
  /** When all that was begun has ended. */
  #written: Promise<void> = Promise.resolve();
  /** Gives up what is under way. */
  #farewell = new AbortController();
  #free = AT_ONCE;
  #countedAtMs = -Infinity;
  #isForbidden = false;
  #hasWarned = false;

  constructor(lock: Recording, logger: Logger, clock: Clock) {
    this.#lock = lock;
    this.#logger = logger;
    this.#clock = clock;
  }

  hear({ type }: ElectionNews): void {
    if (type === 'startedLeading') this.#record('became leader');
    else if (type === 'stoppedLeading') this.#record('stopped leading');
  }

  /** Gives what is under way a moment, and gives it up then; null: nothing is. */
  finish(): Promise<void> | null {
    if (this.#underWay === 0) return null;
    const farewell = this.#farewell;
    // What the next candidacy has to tell is not given up with it.
    this.#farewell = new AbortController();
    const timer = this.#clock.setTimeout(() => {
      farewell.abort();
    }, FAREWELL_MS);
    return this.#written.then(() => {
      this.#clock.clearTimeout(timer);
    });
  }

  #record(what: LockEvent['what']): void {
    if (this.#isForbidden || !this.#mayWrite()) return;
    const event = { what, atMs: this.#clock.now().wallMs };
    const { signal } = this.#farewell;
    this.#underWay += 1;
    this.#written = this.#written.then(async () => {
      await this.#write(event, signal);
      this.#underWay -= 1;
    });
  }

  /** Never rejects, and settles in time whatever the lock does. */
  async #write(event: LockEvent, farewell: AbortSignal): Promise<void> {
    if (this.#isForbidden || farewell.aborted) return;
    const controller = new AbortController();
    let giveUp = (): void => undefined;
    const givenUp = new Promise<never>((_, reject) => {
      giveUp = () => {
        controller.abort();
        reject(new LockError('It was given up.', { kind: 'aborted' }));
      };
    });
    const timer = this.#clock.setTimeout(giveUp, TIMEOUT_MS);
    farewell.addEventListener('abort', giveUp);
    try {
      await Promise.race([this.#lock.recordEvent(event, controller), givenUp]);
    } catch (error) {
      this.#failed(LockError.from(error));
    } finally {
      this.#clock.clearTimeout(timer);
      farewell.removeEventListener('abort', giveUp);
    }
  }

  #failed(err: LockError): void {
    const { description: lock, identity } = this.#lock;
    this.#isForbidden ||= err.kind === 'forbidden';
    const isNews = !this.#hasWarned && !UNREACHED.includes(err.kind);
    this.#hasWarned ||= isNews;
    const message = this.#isForbidden
      ? 'Events are not written any more, for want of a right; the election goes on'
      : 'An event could not be written; the election goes on';
    this.#logger[isNews ? 'warn' : 'debug']({ lock, identity, err }, message);
  }

  #mayWrite(): boolean {
    const { monotonicMs } = this.#clock.now();
    this.#free = Math.min(AT_ONCE, this.#free + (monotonicMs - this.#countedAtMs) / INTERVAL_MS);
    this.#countedAtMs = monotonicMs;
    if (this.#free < 1) return false;
    this.#free -= 1;
    return true;
  }
}
