import { LockError } from '../../errors/lock-error.js';
import { isNewer } from '../../kubernetes/resource-version.js';
import { checkedNews } from '../../lock/checked-answer.js';
import type { LockNews, LockSnapshot, LockWatch, LockWatcher } from '../../lock/resource-lock.js';
import { type Clock, systemClock } from '../../time/clock.js';
import { fail, within } from './expectations.js';
import type { LockUnderTest } from './lock-under-test.js';

/** The clock of the system, which knows what timers of its own are still waiting. */
class CountingClock implements Clock {
  readonly waiting = new Set<unknown>();

  now = systemClock.now.bind(systemClock);

  setTimeout(fn: (...args: unknown[]) => void, timeoutMs: number): unknown {
    const id = systemClock.setTimeout(() => {
      this.waiting.delete(id);
      fn();
    }, timeoutMs);
    this.waiting.add(id);
    return id;
  }

  clearTimeout(id: unknown): void {
    this.waiting.delete(id);
    systemClock.clearTimeout(id);
  }
}

/** A watch, and all that it has said. */
export class Listener {
  readonly news: LockNews[] = [];
  readonly errors: LockError[] = [];
  #openings = 0;
  #gaps = 0;
  readonly #clock = new CountingClock();
  readonly #waiting = new Set<() => void>();
  readonly #timeoutMs: number;
  #watch: LockWatch | null = null;

  private constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  static async on(lock: LockUnderTest, identity: string): Promise<Listener> {
    const watched = await lock.lock(identity);
    const listener = new Listener(lock.timeoutMs);
    listener.#watch = watched.watch?.(listener.#watcher(watched.description)) ?? null;
    if (listener.#watch === null) fail('the lock has no watch(), or it returns nothing');
    return listener;
  }

  /** How often anything was said. */
  get said(): number {
    return this.news.length + this.errors.length + this.#openings;
  }

  /** How often it has said that it may have missed something. */
  get gaps(): number {
    return this.#gaps;
  }

  get pendingTimers(): number {
    return this.#clock.waiting.size;
  }

  doubt(): void {
    this.#watch?.doubt();
  }

  close(): void {
    this.#watch?.close();
  }

  /** Resolves once the watch is open for the first time. */
  async opened(): Promise<void> {
    await this.#until('the watch is not opened', () => this.#openings > 0);
  }

  /** Resolves with the first news of this kind, once they are there. */
  async hears(isIt: (news: LockNews) => boolean, what: string): Promise<LockNews> {
    await this.#until(`the watch does not tell of ${what}`, () => this.news.some(isIt));
    return this.news.find(isIt) ?? fail(`the watch does not tell of ${what}`);
  }

  /** Resolves once it has told of this, or of more gaps than there were before it was written. */
  async catchesUpWith({ version }: LockSnapshot, gaps: number): Promise<void> {
    const isTold = (): boolean =>
      this.#gaps > gaps || this.news.some((news) => !isNewer(version, news.version));
    await this.#until(`the watch tells neither of ${version} nor of a gap`, isTold);
  }

  #watcher(of: string): LockWatcher {
    const heard = (): void => {
      for (const wake of [...this.#waiting]) wake();
    };
    const failed = (error: LockError): void => {
      this.errors.push(error);
      heard();
    };
    return {
      clock: this.#clock,
      random: () => 0,
      changed: (told) => {
        const news = checkedNews(of, told);
        if (news instanceof LockError) return failed(news);
        this.news.push(news);
        heard();
      },
      opened: (gap) => {
        this.#openings += 1;
        if (gap) this.#gaps += 1;
        heard();
      },
      failed,
    };
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    let wake = (): void => undefined;
    const happened = new Promise<void>((resolve) => {
      wake = () => {
        if (holds()) resolve();
      };
      this.#waiting.add(wake);
      wake();
    });
    try {
      await within(this.#timeoutMs, this.#withErrors(what), happened);
    } finally {
      this.#waiting.delete(wake);
    }
  }

  #withErrors(what: string): string {
    const last = this.errors.at(-1);
    return last === undefined ? what : `${what} (its last error: ${last.message})`;
  }
}
