import type { ServerResponse } from 'node:http';
import type { WatchEvent, WatchStream } from './apiserver/watches.js';

/** Bookmarks come this long before the server ends a watch, as on the real one. */
const LAST_BOOKMARK_MS = 2000;

/** The watches that are open, each on a response that goes on until one side ends it. */
export class WatchStreams {
  readonly #open = new Map<ServerResponse, () => void>();
  readonly #bookmarkIntervalMs: number;
  #silences = 0;

  /** @internal */
  constructor(bookmarkIntervalMs: number) {
    this.#bookmarkIntervalMs = bookmarkIntervalMs;
  }

  /** How many watches are open. */
  get count(): number {
    return this.#open.size;
  }

  /**
   * Keeps all watches open, those that come later too, but delivers nothing on them until the
   * returned function is called. What happens meanwhile is lost for them.
   */
  silence(): () => void {
    this.#silences += 1;
    let isOver = false;
    return () => {
      if (!isOver) this.#silences -= 1;
      isOver = true;
    };
  }

  /** Ends every watch: in an orderly way, or with its connection. */
  closeAll(options: { readonly abruptly?: boolean } = {}): void {
    for (const [response, stop] of [...this.#open]) {
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
  carry(stream: WatchStream, response: ServerResponse): void {
    const timers: NodeJS.Timeout[] = [];
    let unsubscribe = (): void => undefined;
    const stop = (): void => {
      timers.forEach(clearTimeout);
      unsubscribe();
      this.#open.delete(response);
    };
    const deliver = (event: WatchEvent): void => {
      if (this.#silences > 0) return;
      response.write(`${JSON.stringify(event)}\n`);
      if (event.type !== 'ERROR') return;
      stop();
      response.end();
    };
    this.#open.set(response, stop);
    response.once('close', stop);
    const sendBookmark = (): void => {
      const bookmark = stream.bookmark();
      if (bookmark !== null) deliver(bookmark);
    };
    if (stream.bookmarks) timers.push(setInterval(sendBookmark, this.#bookmarkIntervalMs));
    if (stream.timeoutSeconds !== null) {
      const timeoutMs = stream.timeoutSeconds * 1000;
      if (stream.bookmarks && timeoutMs > LAST_BOOKMARK_MS) {
        timers.push(setTimeout(sendBookmark, timeoutMs - LAST_BOOKMARK_MS));
      }
      const end = (): void => {
        stop();
        response.end();
      };
      timers.push(setTimeout(end, timeoutMs));
    }
    const opened = stream.open(deliver);
    // An ERROR may have ended the watch in the call that opened it.
    if (this.#open.has(response)) unsubscribe = opened;
    else opened();
  }
}
