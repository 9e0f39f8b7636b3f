import { LockError } from '../errors/lock-error.js';
import { checkedNews } from './checked-answer.js';
import type { LockNews, LockWatch, LockWatcher, ResourceLock } from './resource-lock.js';

/**
 * The watches of several locks as one: it is open as long as all of them are, and what one tells is
 * news of the whole.
 */
export class MultiWatch implements LockWatch {
  readonly #watches: LockWatch[] = [];
  readonly #open: boolean[];
  #gap = false;

  /** @param heard what the whole is now that this part is so; null: it is not known yet, or is old */
  constructor(
    locks: readonly ResourceLock[],
    watcher: LockWatcher,
    heard: (i: number, news: LockNews) => LockNews | null,
  ) {
    this.#open = locks.map(() => false);
    try {
      for (const [i, lock] of locks.entries()) {
        const watch = lock.watch?.(this.#watcherOf(i, lock, watcher, heard));
        if (watch === undefined) throw new Error(`${lock.description} cannot be watched`);
        this.#watches.push(watch);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  doubt(): void {
    for (const watch of this.#watches) watch.doubt();
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
  }

  #watcherOf(
    i: number,
    { description }: ResourceLock,
    watcher: LockWatcher,
    heard: (i: number, news: LockNews) => LockNews | null,
  ): LockWatcher {
    const failed = (error: LockError): void => {
      this.#open[i] = false;
      watcher.failed(error);
    };
    return {
      clock: watcher.clock,
      random: watcher.random,
      failed,
      opened: (gap) => {
        this.#open[i] = true;
        this.#gap ||= gap;
        if (!this.#open.every(Boolean)) return;
        const anyGap = this.#gap;
        this.#gap = false;
        watcher.opened(anyGap);
      },
      changed: (news) => {
        const checked = checkedNews(description, news);
        if (checked instanceof LockError) {
          failed(checked);
          return;
        }
        const whole = heard(i, checked);
        if (whole !== null) watcher.changed(whole);
      },
    };
  }
}
