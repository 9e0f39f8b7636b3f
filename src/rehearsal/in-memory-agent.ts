import https from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What the other end of a connection has understood. */
export interface InMemoryRequest {
  readonly method: string;
  readonly path: string;
  /** Empty where there is none. */
  readonly body: string;
}

type Answer = (request: InMemoryRequest, socket: InMemorySocket) => void;

/** A connection that leads nowhere: what is written to it, somebody in this process answers. */
export class InMemorySocket extends Socket {
  readonly #answer: Answer;
  #received = '';

  constructor(answer: Answer) {
    super();
    this.#answer = answer;
  }

  // There is nothing that these could be done to; a socket would remember them until it connects.
  override ref(): this {
    return this;
  }

  override unref(): this {
    return this;
  }

  override setKeepAlive(): this {
    return this;
  }

  override _read(): void {
    // What there is has been pushed.
  }

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this._writev([{ chunk }], done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer | string }[], done: () => void): void {
    for (const { chunk } of chunks) this.#received += chunk.toString();
    this.#take();
    done();
  }

  /** One answer with a length. */
  send(json: unknown): void {
    const body = JSON.stringify(json);
    const length = `Content-Length: ${Buffer.byteLength(body)}`;
    this.push(`${HEAD}${length}\r\n\r\n${body}`);
  }

  /** The head of an answer whose parts come when they come. */
  beginStream(): void {
    this.push(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
  }

  sendLine(json: unknown): void {
    const line = `${JSON.stringify(json)}\n`;
    this.push(`${Buffer.byteLength(line).toString(16)}\r\n${line}\r\n`);
  }

  #take(): void {
    const head = this.#received.indexOf('\r\n\r\n');
    if (head === -1) return;
    const [line = '', ...headers] = this.#received.slice(0, head).split('\r\n');
    const length = headers.find((header) => /^content-length:/i.test(header))?.split(':')[1];
    const body = this.#received.slice(head + 4);
    if (Buffer.byteLength(body) < Number(length ?? 0)) return;
    this.#received = '';
    const [method = '', path = ''] = line.split(' ');
    // As it comes from a network: later, and not within the call that wrote.
    setImmediate(() => {
      if (!this.destroyed) this.#answer({ method, path, body }, this);
    });
  }
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

/** An agent as Node's own, but that its connections lead to somebody in this process. */
export class InMemoryAgent extends https.Agent {
  readonly #answer: Answer;

  constructor(answer: Answer) {
    super({ keepAlive: true });
    this.#answer = answer;
  }

  override createConnection(): Duplex {
    return new InMemorySocket(this.#answer);
  }
}
