import type { LockError } from '../../errors/lock-error.js';
import type { WatchEvent } from './watch-events.js';

/** Who watches one object. */
export interface Watcher {
  changed(event: WatchEvent): void;
  opened(gap: boolean): void;
  failed(error: LockError): void;
}

export type Tell = (watcher: Watcher) => void;

/**
 * So many watchers of one object are told of something in one go. The others of a crowd hear of it
 * after what has arrived in the meantime has been read: the answer to the first of them who writes
 * shall not wait until the last has been told. Not fewer, or the first write before the others have
 * heard that they could, and fewer learn that they are many.
 */
const TOLD_AT_ONCE = 16;

/** The watchers of each object, by its name, and what a crowd is still to be told. */
export class Watchers {
  /** Nearly always one, and never none. */
  readonly #byName = new Map<string, readonly Watcher[]>();
  /** What each is still to be told, in order. */
  readonly #untold = new Map<string, Map<Watcher, Tell[]>>();

  /** How many objects are watched. */
  get size(): number {
    return this.#byName.size;
  }

  get names(): string[] {
    return [...this.#byName.keys()];
  }

  has(name: string, watcher: Watcher): boolean {
    return this.#of(name).includes(watcher);
  }

  add(name: string, watcher: Watcher): void {
    this.#byName.set(name, [...this.#of(name), watcher]);
  }

  /** @returns whether it was the last that watched the object */
  remove(name: string, watcher: Watcher): boolean {
    const others = this.#of(name).filter((one) => one !== watcher);
    if (others.length === 0) return this.#byName.delete(name);
    this.#byName.set(name, others);
    return false;
  }

  /** At once, or for most of a crowd in a moment; each hears everything in the order of the calls. */
  tell(name: string, tell: Tell): void {
    const watchers = this.#of(name);
    const before = this.#untold.get(name);
    if (before === undefined && watchers.length <= TOLD_AT_ONCE) {
      for (const watcher of watchers) tell(watcher);
      return;
    }
    const untold = before ?? new Map<Watcher, Tell[]>();
    for (const watcher of watchers) untold.set(watcher, [...(untold.get(watcher) ?? []), tell]);
    if (before !== undefined) return;
    this.#untold.set(name, untold);
    this.#tellSome(name, untold);
  }

  tellAll(tell: Tell): void {
    for (const name of this.names) this.tell(name, tell);
  }

  /** Each of them everything: who hears late hears at once that somebody else was faster. */
  #tellSome(name: string, untold: Map<Watcher, Tell[]>): void {
    const some = [...untold].slice(0, TOLD_AT_ONCE);
    for (const [watcher] of some) untold.delete(watcher);
    if (untold.size > 0) setImmediate(() => this.#tellSome(name, untold));
    else this.#untold.delete(name);
    for (const [watcher, tells] of some) {
      for (const tell of tells) if (this.has(name, watcher)) tell(watcher);
    }
  }

  #of(name: string): readonly Watcher[] {
    return this.#byName.get(name) ?? [];
  }
}
