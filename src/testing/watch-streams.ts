import type { ServerResponse } from 'node:http';
import type { Clock } from '../time/clock.js';
import type { WatchEvent, WatchStream } from './apiserver/watches.js';

/** Bookmarks come this long before the server ends a watch, as on the real one. */
const LAST_BOOKMARK_MS = 2000;

/** One watch that is carried. */
interface Carried {
  readonly user: string;
  readonly stop: () => void;
}

/** Whose watches are meant. */
export interface WatchMatch {
  /** Default: everybody's. */
  readonly user?: string;
}

/** The watches that are open, each on a response that goes on until one side ends it. */
export class WatchStreams {
  readonly #open = new Map<ServerResponse, Carried>();
  readonly #bookmarkIntervalMs: number;
  readonly #clock: Clock;
  readonly #silences = new Set<WatchMatch>();

  /** @internal */
  constructor(bookmarkIntervalMs: number, clock: Clock) {
    this.#bookmarkIntervalMs = bookmarkIntervalMs;
    this.#clock = clock;
  }

  /** How many watches are open. */
  get count(): number {
    return this.#open.size;
  }

  /**
   * Keeps such watches open, those that come later too, but delivers nothing on them until the
   * returned function is called. What happens meanwhile is lost for them.
   */
  silence(match: WatchMatch = {}): () => void {
    const silence = { ...match };
    this.#silences.add(silence);
    return () => {
      this.#silences.delete(silence);
    };
  }

  /** Ends such watches: in an orderly way, or with their connections. */
  closeAll(options: WatchMatch & { readonly abruptly?: boolean } = {}): void {
    for (const [response, { user, stop }] of [...this.#open]) {
      if (options.user !== undefined && options.user !== user) continue;
      stop();
      if (options.abruptly === true) response.socket?.destroy();
      else response.end();
    }
  }

  /**
   * Carries the watch on this response, whose head has been sent.
   *
   * @internal
   */
  carry(stream: WatchStream, response: ServerResponse, user: string): void {
    const timers = new Set<unknown>();
    const after = (ms: number, act: () => void): void => {
      const timer = this.#clock.setTimeout(() => {
        timers.delete(timer);
        act();
      }, ms);
      timers.add(timer);
    };
    let unsubscribe = (): void => undefined;
    const stop = (): void => {
      for (const timer of timers) this.#clock.clearTimeout(timer);
      unsubscribe();
      this.#open.delete(response);
    };
    const deliver = (event: WatchEvent): void => {
      if (this.#isSilent(user)) return;
      response.write(`${JSON.stringify(event)}\n`);
      if (event.type !== 'ERROR') return;
      stop();
      response.end();
    };
    this.#open.set(response, { user, stop });
    response.once('close', stop);
    const sendBookmark = (): void => {
      const bookmark = stream.bookmark();
      if (bookmark !== null) deliver(bookmark);
    };
    const sendBookmarks = (): void => {
      after(this.#bookmarkIntervalMs, () => {
        sendBookmarks();
        sendBookmark();
      });
    };
    if (stream.bookmarks) sendBookmarks();
    if (stream.timeoutSeconds !== null) {
      const timeoutMs = stream.timeoutSeconds * 1000;
      if (stream.bookmarks && timeoutMs > LAST_BOOKMARK_MS) {
        after(timeoutMs - LAST_BOOKMARK_MS, sendBookmark);
      }
      after(timeoutMs, () => {
        stop();
        response.end();
      });
    }
    const opened = stream.open(deliver);
    // An ERROR may have ended the watch in the call that opened it.
    if (this.#open.has(response)) unsubscribe = opened;
    else opened();
  }
  #isSilent(user: string): boolean {
    return [...this.#silences].some((match) => (match.user ?? user) === user);
  }
}
