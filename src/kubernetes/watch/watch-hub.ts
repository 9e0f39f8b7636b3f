import { LockError } from '../../errors/lock-error.js';
import type { ApiTransport } from '../api-client.js';
import { nameOf, type WatchEvent } from './watch-events.js';
import { type Pacing, WatchLoop } from './watch-loop.js';
import { type Watcher, Watchers } from './watchers.js';
import type { WatchTarget } from './watch-request.js';

/**
 * From so many objects on, one watch of the whole collection takes the place of one for each. It
 * needs the right to watch them all, which an election on a single object does not have.
 */
const SHARE_FROM = 4;

/** Each watch of a single object occupies a connection. */
const MAX_SINGLE = 32;

/** Whether all may be watched is asked again after this time, in milliseconds. */
const REFUSED_MS = 600_000;

/**
 * The watches on one kind of object in one namespace, for all elections of a process: as few
 * connections as the rights allow.
 */
export class WatchHub {
  readonly #transport: ApiTransport;
  readonly #target: WatchTarget;
  readonly #pacing: Pacing;
  readonly #watchers = new Watchers();
  readonly #singles = new Map<string, WatchLoop>();
  #shared: WatchLoop | null = null;
  #refusedAtMs = -Infinity;

  constructor(transport: ApiTransport, target: WatchTarget, pacing: Pacing) {
    this.#transport = transport;
    this.#target = target;
    this.#pacing = pacing;
  }

  get isUnused(): boolean {
    return this.#watchers.size === 0;
  }

  /** From now on it is told of this object. */
  subscribe(name: string, watcher: Watcher): void {
    this.#watchers.add(name, watcher);
    // Not within this call: who subscribes may not be ready to be told yet.
    if (this.#loopOf(name)?.isOpen === true)
      queueMicrotask(() => {
        if (this.#watchers.has(name, watcher)) watcher.opened(false);
      });
    this.#adapt(name);
  }

  /** It is told nothing more; what nobody watches is closed. */
  unsubscribe(name: string, watcher: Watcher): void {
    if (!this.#watchers.remove(name, watcher)) return;
    this.#singles.get(name)?.close();
    this.#singles.delete(name);
    if (this.#watchers.size > 0) return;
    this.#shared?.close();
    this.#shared = null;
  }

  /** It has missed something: its stream is set up anew. */
  doubt(name: string, watcher: Watcher): void {
    if (this.#watchers.has(name, watcher)) this.#loopOf(name)?.restart();
  }

  #loopOf(name: string): WatchLoop | null {
    if (this.#shared?.isOpen === true) return this.#shared;
    return this.#singles.get(name) ?? this.#shared;
  }

  #adapt(name: string): void {
    const mayShare = this.#nowMs - this.#refusedAtMs >= REFUSED_MS;
    if (this.#shared === null && this.#watchers.size >= SHARE_FROM && mayShare) this.#share();
    // The shared one is on its way; whoever is new waits for it rather than for one of its own.
    if (this.#shared === null) this.#single(name);
  }

  #single(name: string): void {
    if (this.#singles.has(name)) return;
    if (this.#singles.size >= MAX_SINGLE) {
      const error = this.#tooMany(name);
      queueMicrotask(() => {
        this.#watchers.tell(name, (watcher) => {
          watcher.failed(error);
        });
      });
      return;
    }
    const loop = new WatchLoop({
      ...this.#common,
      target: { ...this.#target, name, call: { ...this.#target.call, name } },
      event: (event) => {
        this.#tell(event);
      },
      opened: (gap) => {
        this.#watchers.tell(name, (watcher) => {
          watcher.opened(gap);
        });
      },
      failed: (error) => {
        this.#watchers.tell(name, (watcher) => {
          watcher.failed(error);
        });
      },
    });
    this.#singles.set(name, loop);
  }

  #share(): void {
    this.#shared = new WatchLoop({
      ...this.#common,
      target: { ...this.#target, name: null },
      event: (event) => {
        this.#tell(event);
      },
      opened: (gap) => {
        for (const loop of this.#singles.values()) loop.close();
        this.#singles.clear();
        this.#watchers.tellAll((watcher) => {
          watcher.opened(gap);
        });
      },
      failed: (error) => {
        if (error.kind === 'forbidden') {
          this.#stopSharing();
          return;
        }
        for (const name of this.#watchers.names) {
          if (this.#singles.get(name)?.isOpen === true) continue;
          this.#watchers.tell(name, (watcher) => {
            watcher.failed(error);
          });
        }
      },
    });
  }

  /** There is no right to watch them all. */
  #stopSharing(): void {
    this.#shared?.close();
    this.#shared = null;
    this.#refusedAtMs = this.#nowMs;
    for (const name of this.#watchers.names) this.#single(name);
  }

  get #common(): Pacing & { readonly transport: ApiTransport } {
    return { ...this.#pacing, transport: this.#transport };
  }

  get #nowMs(): number {
    return this.#pacing.clock.now().monotonicMs;
  }

  #tell(event: WatchEvent): void {
    const name = nameOf(event.object);
    if (name === null) return;
    this.#watchers.tell(name, (watcher) => {
      watcher.changed(event);
    });
  }

  #tooMany(name: string): LockError {
    const { kind, namespace, resource } = this.#target.call;
    return new LockError(
      `${kind} ${namespace}/${name}: not watched, because ${MAX_SINGLE} others are watched one by one ` +
        `already and each takes a connection; it is polled. With the verbs "list" and "watch" on all ` +
        `${resource} of the namespace one connection is enough for any number.`,
      { kind: 'forbidden' },
    );
  }
}

const hubs = new WeakMap<ApiTransport, Map<string, WatchHub>>();

/** The hub for this collection, shared by all locks that use the same client. */
export function hubFor(transport: ApiTransport, target: WatchTarget, pacing: Pacing): WatchHub {
  const ofClient = hubs.get(transport) ?? new Map<string, WatchHub>();
  hubs.set(transport, ofClient);
  let hub = ofClient.get(target.path);
  if (hub === undefined || hub.isUnused) {
    hub = new WatchHub(transport, target, pacing);
    ofClient.set(target.path, hub);
  }
  return hub;
}
