import type { LockError } from '../../errors/lock-error.js';
import { clientFor } from '../../kubernetes/clients.js';
import { nameOf, type WatchEvent } from '../../kubernetes/watch/watch-events.js';
import { WatchLoop } from '../../kubernetes/watch/watch-loop.js';
import { collectionPath } from '../../lock/object-path.js';
import { LOCK_KINDS, type LockKind } from '../../lock/lock-kinds.js';
import type { KubernetesObject } from '../../lock/stored-record.js';
import { systemClock } from '../../time/clock.js';
import { listObjects } from './list-objects.js';
import { acceptOne } from './metadata-only.js';
import {
  callOn,
  isLock,
  readObject,
  sightOf,
  type Cluster,
  type Reading,
  type Sight,
} from './read-locks.js';

/** What is followed: one lock, or all of the namespace. */
export interface Followed {
  readonly kind: LockKind;
  readonly name: string | null;
}

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
  readonly #cluster: Cluster;
  readonly #followed: Followed;
  readonly #listener: Listener;
  #objects = new Map<string, KubernetesObject>();
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

  constructor(cluster: Cluster, followed: Followed, listener: Listener) {
    this.#cluster = cluster;
    this.#followed = followed;
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
    const { name } = this.#followed;
    if (name !== null) return [this.#sight(name)];
    const sights = [...this.#objects.keys()]
      .map((each) => this.#sight(each))
      .filter((sight) => this.#counts(sight));
    for (const sight of sights) this.#known.add(sight.name);
    return sights;
  }

  close(): void {
    this.#loop?.close();
  }

  #request(signal: AbortSignal): Promise<Reading> {
    const { kind, name } = this.#followed;
    if (name === null) {
      const keeps = (each: string, object: KubernetesObject): boolean =>
        this.#counts(this.#sightOf(each, object));
      return listObjects(this.#cluster, kind, keeps, signal);
    }
    const { kubeConfig, namespace } = this.#cluster;
    return readObject(kubeConfig, { kind, namespace, name }, { signal });
  }

  #take({ objects, serverMs, cut }: Reading): void {
    this.#cut = cut;
    // What lies beyond the cut is as it was heard.
    const next = new Map(cut === null ? objects : [...this.#objects, ...objects]);
    for (const name of this.#toldMeanwhile) {
      const told = this.#objects.get(name);
      if (told === undefined) next.delete(name);
      else next.set(name, told);
    }
    this.#objects = next;
    this.#serverClock = serverMs === null ? null : { ms: serverMs, at: performance.now() };
  }

  #serverMs(): number | null {
    if (this.#serverClock === null) return null;
    return this.#serverClock.ms + (performance.now() - this.#serverClock.at);
  }

  #watch(): WatchLoop {
    const { kind, name } = this.#followed;
    const { kubeConfig, namespace } = this.#cluster;
    return new WatchLoop({
      transport: clientFor(kubeConfig),
      target: {
        path: collectionPath(LOCK_KINDS[kind], namespace),
        call: callOn({ kind, namespace, name: name ?? '' }, 'watch'),
        name,
        accept: acceptOne(kind),
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
    const name = nameOf(object);
    if (name === null) return;
    this.#toldMeanwhile.add(name);
    const isGone = type === 'DELETED';
    if (isGone) this.#objects.delete(name);
    const sight = this.#sightOf(name, isGone ? null : object);
    // Of what is no lock nothing is kept: a namespace may have very many of them.
    if (!this.#counts(sight)) return;
    if (!isGone) this.#objects.set(name, object);
    this.#known.add(name);
    this.#listener.heard(sight);
  }

  #sight(name: string): Sight {
    return this.#sightOf(name, this.#objects.get(name) ?? null);
  }

  #sightOf(name: string, object: KubernetesObject | null): Sight {
    const { kind } = this.#followed;
    const { namespace } = this.#cluster;
    return sightOf({ kind, namespace, name }, object, this.#serverMs());
  }

  #counts(sight: Sight): boolean {
    return this.#followed.name !== null || this.#known.has(sight.name) || isLock(sight);
  }
}
