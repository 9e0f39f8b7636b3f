import type { LockError } from '../../errors/lock-error.js';
import { clientFor } from '../../kubernetes/clients.js';
import type { KubeConfigLike } from '../../kubernetes/kube-config-like.js';
import type { WatchEvent } from '../../kubernetes/watch/watch-events.js';
import { WatchLoop } from '../../kubernetes/watch/watch-loop.js';
import { collectionPath } from '../../lock/object-path.js';
import { LOCK_KINDS } from '../../lock/lock-kinds.js';
import type { KubernetesObject } from '../../lock/stored-record.js';
import { systemClock } from '../../time/clock.js';
import { listObjects, selection } from './list-objects.js';
import { acceptOne } from './metadata-only.js';
import {
  callOn,
  isLock,
  placeOf,
  readObject,
  sightOf,
  type Collection,
  type Found,
  type Place,
  type Reading,
  type Sight,
} from './read-locks.js';
import { placeName } from './words.js';

/** Who wants to know. */
export interface Listener {
  /** What the watch has told of one lock, at once. */
  heard(sight: Sight): void;
  /** {@link Follower.isCurrent} or {@link Follower.trouble} may answer differently. */
  turned(): void;
}

/**
 * Keeps the state of locks up to date: by a watch of the API where the rights allow one, and by
 * what is read in between. Whoever uses it reads when {@link isCurrent} is false.
 */
export class Follower {
  readonly #kubeConfig: KubeConfigLike;
  readonly #collection: Collection;
  /** Null: all of the collection are followed. */
  readonly #place: Place | null;
  readonly #listener: Listener;
  /** By {@link placeName}. */
  #objects = new Map<string, Found>();
  /** Once a lock, always one: an object that loses its record is a change worth telling. */
  readonly #known = new Set<string>();
  /** Names that the watch has told of while a reading was under way: its word is the later one. */
  #toldMeanwhile = new Set<string>();
  /** The API server's clock, as it was at a moment of our monotonic one. */
  #serverClock: { readonly ms: number; readonly at: number } | null = null;
  #loop: WatchLoop | null = null;
  /** Something may have happened that the watch will not tell. */
  #mustRead = true;
  #trouble: LockError | null = null;
  #cut: string | null = null;

  /** @param followed one lock, or all of a collection */
  constructor(kubeConfig: KubeConfigLike, followed: Place | Collection, listener: Listener) {
    this.#kubeConfig = kubeConfig;
    const { kind, namespace } = followed;
    this.#collection = { kind, namespace };
    this.#place = 'name' in followed ? followed : null;
    this.#listener = listener;
  }

  /** False: without a reading, nothing new is heard. */
  get isCurrent(): boolean {
    return !this.#mustRead && this.#loop?.isOpen === true;
  }

  /** Why there is no watch at present. It is tried again and again. */
  get trouble(): LockError | null {
    return this.#trouble;
  }

  /** That the namespace has more objects than were read, in words; null when all were. */
  get cut(): string | null {
    return this.#cut;
  }

  /**
   * Reads how things are, and begins to watch when that has worked for the first time.
   *
   * @throws {LockError | CliError}
   */
  async read(signal: AbortSignal): Promise<void> {
    this.#toldMeanwhile = new Set();
    this.#mustRead = false;
    try {
      this.#take(await this.#request(signal));
    } catch (error) {
      this.#mustRead = true;
      throw error;
    }
    this.#loop ??= this.#watch();
  }

  /** How the locks stand, as far as it was heard. */
  sights(): Sight[] {
    if (this.#place !== null) {
      const { object = null } = this.#objects.get(placeName(this.#place)) ?? {};
      return [this.#sightOf(this.#place, object)];
    }
    const sights = [...this.#objects.values()]
      .map(({ place, object }) => this.#sightOf(place, object))
      .filter((sight) => this.#counts(sight));
    for (const sight of sights) this.#known.add(placeName(sight));
    return sights;
  }

  close(): void {
    this.#loop?.close();
  }

  #request(signal: AbortSignal): Promise<Reading> {
    if (this.#place === null) {
      const keeps = (place: Place, object: KubernetesObject): boolean =>
        this.#counts(this.#sightOf(place, object));
      return listObjects(this.#kubeConfig, this.#collection, keeps, signal);
    }
    return readObject(this.#kubeConfig, this.#place, { signal });
  }

  #take({ found, serverMs, cut }: Reading): void {
    this.#cut = cut;
    // What lies beyond the cut is as it was heard.
    const next = new Map(cut === null ? [] : this.#objects);
    for (const one of found) next.set(placeName(one.place), one);
    for (const key of this.#toldMeanwhile) {
      const told = this.#objects.get(key);
      if (told === undefined) next.delete(key);
      else next.set(key, told);
    }
    this.#objects = next;
    this.#serverClock = serverMs === null ? null : { ms: serverMs, at: performance.now() };
  }

  #serverMs(): number | null {
    if (this.#serverClock === null) return null;
    return this.#serverClock.ms + (performance.now() - this.#serverClock.at);
  }

  #watch(): WatchLoop {
    const { kind, namespace } = this.#collection;
    const name = this.#place?.name ?? null;
    return new WatchLoop({
      transport: clientFor(this.#kubeConfig),
      target: {
        path: collectionPath(LOCK_KINDS[kind], namespace),
        call: callOn({ kind, namespace: namespace ?? '', name: name ?? '' }, 'watch'),
        name,
        accept: acceptOne(kind),
        ...selection(namespace),
      },
      clock: systemClock,
      random: Math.random,
      event: (event) => this.#hear(event),
      opened: () => {
        this.#trouble = null;
        // What was deleted before the watch began is not told by it.
        this.#mustRead = true;
        this.#listener.turned();
      },
      failed: (error) => {
        this.#trouble = error;
        this.#listener.turned();
      },
    });
  }

  #hear({ type, object }: WatchEvent): void {
    const place = placeOf(this.#collection, object);
    if (place === null) return;
    const key = placeName(place);
    this.#toldMeanwhile.add(key);
    const isGone = type === 'DELETED';
    if (isGone) this.#objects.delete(key);
    const sight = this.#sightOf(place, isGone ? null : object);
    // Of what is no lock nothing is kept: a namespace may have very many of them.
    if (!this.#counts(sight)) return;
    if (!isGone) this.#objects.set(key, { place, object });
    this.#known.add(key);
    this.#listener.heard(sight);
  }

  #sightOf(place: Place, object: KubernetesObject | null): Sight {
    return sightOf(place, object, this.#serverMs());
  }

  #counts(sight: Sight): boolean {
    return this.#place !== null || this.#known.has(placeName(sight)) || isLock(sight);
  }
}
