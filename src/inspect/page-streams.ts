import type { ServerResponse } from 'node:http';

/** What pages are told: something that is remembered, and what comes in. All of it is JSON. */
export interface Feed<T> {
  /** Everything that a new page has to know. */
  greeting(): unknown;
  /** What to tell the pages of some items, perhaps of none. */
  message(items: readonly T[]): unknown;
  listen(listener: (item: T) => void): () => void;
}

export interface StreamLimits {
  /** Pages that look at the same time. */
  readonly maxPages: number;
  /**
   * Bytes that wait for one page to take them, what it is greeted with excepted. A page that is
   * slower is cut off, and may come again.
   */
  readonly maxBacklog: number;
}

export const DEFAULT_LIMITS: StreamLimits = { maxPages: 16, maxBacklog: 2 * 1024 * 1024 };

const HEARTBEAT_MS = 15_000;

/**
 * The open pages, each with a stream of server-sent events. What comes in is written to all of them
 * once per turn of the event loop, outside the transitions that it came from.
 */
export class PageStreams<T> {
  readonly #feed: Feed<T>;
  readonly #limits: StreamLimits;
  /** With how much may wait for each. */
  readonly #pages = new Map<ServerResponse, number>();
  readonly #stopListening: () => void;
  readonly #heartbeat: NodeJS.Timeout;
  #waiting: T[] = [];
  #scheduled = false;

  constructor(feed: Feed<T>, limits: StreamLimits) {
    this.#feed = feed;
    this.#limits = limits;
    this.#stopListening = feed.listen((item) => {
      this.#queue(item);
    });
    this.#heartbeat = setInterval(() => {
      this.#send([]);
    }, HEARTBEAT_MS).unref();
  }

  get size(): number {
    return this.#pages.size;
  }

  /** @returns false, having done nothing, when there are too many pages already */
  open(response: ServerResponse, headers: Readonly<Record<string, string>>): boolean {
    if (this.#pages.size >= this.#limits.maxPages) return false;
    // What is queued is part of the history that the new page gets.
    this.#flush();
    response.on('close', () => this.#pages.delete(response));
    response.on('error', () => this.#pages.delete(response));
    // Who looks on does not keep the program running.
    response.socket?.unref();
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
    const greeting = asEvent(this.#feed.greeting());
    this.#pages.set(response, Buffer.byteLength(greeting) + this.#limits.maxBacklog);
    response.write(greeting);
    return true;
  }

  close(): void {
    this.#stopListening();
    clearInterval(this.#heartbeat);
    for (const page of this.#pages.keys()) page.destroy();
    this.#pages.clear();
    this.#waiting = [];
  }

  #queue(item: T): void {
    if (this.#pages.size === 0) return;
    this.#waiting.push(item);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const items = this.#waiting;
    this.#waiting = [];
    if (items.length > 0) this.#send(items);
  }

  #send(items: readonly T[]): void {
    if (this.#pages.size === 0) return;
    const message = asEvent(this.#feed.message(items));
    for (const [page, most] of this.#pages) {
      if (page.writableLength > most) page.destroy();
      else page.write(message);
    }
  }
}

function asEvent(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
