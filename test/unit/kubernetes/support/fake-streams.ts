import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { LockError } from '../../../../src/errors/lock-error.js';
import type { ApiTransport } from '../../../../src/kubernetes/api-client.js';
import type { ApiRequest, ApiStream } from '../../../../src/kubernetes/api-request.js';
import { settle } from '../../../../src/testing/virtual-clock.js';

const ADDRESS = 'api.test:6443';

/** The credentials that every stream is opened with. */
export const SECRET = 'secret-of-the-stream';

/** One watch request, whose answer is the test's. */
export class FakeStream {
  readonly request: ApiRequest;
  ended = false;
  readonly #body = new PassThrough();
  readonly #resolve: (stream: ApiStream) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    request: ApiRequest,
    resolve: (stream: ApiStream) => void,
    reject: (error: unknown) => void,
  ) {
    this.request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#body.once('close', () => (this.ended = true));
    request.signal?.addEventListener('abort', () => {
      this.ended = true;
      reject(new LockError('test: aborted', { kind: 'aborted' }));
      this.#body.destroy();
    });
  }

  get query(): Readonly<Record<string, string>> {
    return this.request.query ?? {};
  }

  /** The answer begins. */
  begins(status = 200, headers: IncomingHttpHeaders = {}): Promise<void> {
    const body = this.#body as unknown as IncomingMessage;
    const scrub = (text: string): string => text.replaceAll(SECRET, '[redacted]');
    this.#resolve({ status, headers, address: ADDRESS, body, scrub });
    return arrived();
  }

  /** A refusal, with a `Status` as the API server sends it. */
  async answers(status: number, json: unknown, headers: IncomingHttpHeaders = {}): Promise<void> {
    await this.begins(status, headers);
    this.#body.end(typeof json === 'string' ? json : JSON.stringify(json));
    await arrived();
  }

  /** There is no answer. */
  fails(error: LockError = new LockError('test: no connection', { kind: 'network' })) {
    this.ended = true;
    this.#reject(error);
    return arrived();
  }

  raw(text: string | Buffer): Promise<void> {
    this.#body.write(text);
    return arrived();
  }

  event(type: string, object: unknown): Promise<void> {
    return this.raw(`${JSON.stringify({ type, object })}\n`);
  }

  /** The object of this name has this version now. */
  changes(name: string, version: string, type = 'MODIFIED'): Promise<void> {
    return this.event(type, { metadata: { name, resourceVersion: version } });
  }

  /** The server ends the watch in an orderly way. */
  closes(): Promise<void> {
    this.#body.end();
    return arrived();
  }

  /** The connection breaks. */
  breaks(): Promise<void> {
    this.#body.destroy(Object.assign(new Error('test: reset'), { code: 'ECONNRESET' }));
    return arrived();
  }
}

/** A client of the API server that can only watch. */
export class FakeStreams implements ApiTransport {
  readonly all: FakeStream[] = [];

  stream = (request: ApiRequest): Promise<ApiStream> =>
    new Promise((resolve, reject) => {
      this.all.push(new FakeStream(request, resolve, reject));
    });

  request = (): never => {
    throw new Error('A watch sends no other requests');
  };

  /** Those that wait for an answer, or still bring events. */
  get open(): FakeStream[] {
    return this.all.filter(({ ended }) => !ended);
  }

  get last(): FakeStream {
    const last = this.all.at(-1);
    if (last === undefined) throw new Error('Nothing was asked');
    return last;
  }
}

/** What was written to a stream has been read, and what follows from it has happened. */
export async function arrived(): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await settle();
}
