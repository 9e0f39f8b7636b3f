import type { IncomingMessage } from 'node:http';

interface Reader {
  resolve(result: IteratorResult<Buffer>): void;
  reject(error: Error): void;
}

/** The body of an answer that goes on: as much of an `IncomingMessage` as readers of a watch use. */
export class StreamBody implements AsyncIterable<Buffer> {
  readonly #chunks: Buffer[] = [];
  readonly #onDestroy: () => void;
  #end: Error | 'ended' | null = null;
  #reader: Reader | null = null;

  constructor(onDestroy: () => void) {
    this.#onDestroy = onDestroy;
  }

  get asMessage(): IncomingMessage {
    return this as unknown as IncomingMessage;
  }

  push(chunk: Buffer): void {
    if (this.#end !== null) return;
    const reader = this.#take();
    if (reader === null) this.#chunks.push(chunk);
    else reader.resolve({ done: false, value: chunk });
  }

  /** What has arrived before is read first. */
  end(): void {
    this.#end ??= 'ended';
    this.#take()?.resolve({ done: true, value: undefined });
  }

  /** The connection broke, or was given up: what has arrived and was not read is gone. */
  fail(error: Error): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#chunks.length = 0;
    this.#take()?.reject(error);
  }

  destroy(): void {
    this.#end ??= 'ended';
    this.#chunks.length = 0;
    this.#onDestroy();
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return {
      next: () => this.#next(),
      return: () => {
        this.destroy();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #next(): Promise<IteratorResult<Buffer>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve({ done: false, value: chunk });
    if (this.#end === 'ended') return Promise.resolve({ done: true, value: undefined });
    if (this.#end !== null) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #take(): Reader | null {
    const reader = this.#reader;
    this.#reader = null;
    return reader;
  }
}
