import http from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { joinAgent } from '../../../src/kubernetes/agents.js';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import { clientFor } from '../../../src/kubernetes/clients.js';
import { LeaseLock } from '../../../src/lock/locks.js';
import type { Clock } from '../../../src/time/clock.js';
import { kubeConfig } from '../kubernetes/support/kube-configs.js';

export type Target = 'read' | 'write' | 'watch';

/** What is sent instead of a proper answer, and what becomes of the connection. */
export interface HostileAnswer {
  readonly bytes: string | Buffer;
  /** `flood`: the last bytes are repeated until the other side hangs up. Default: it stays open. */
  readonly then?: 'close' | { readonly flood: string };
}

/** What a hostile answer may be made of. */
export interface Occasion {
  readonly target: Target;
  /** A number that grows with each use. */
  readonly next: () => number;
  /** The Lease as it is, changed in these fields of `metadata` and `spec`. */
  readonly lease: (metadata?: object, spec?: object) => object;
}

export type Answerer = (occasion: Occasion) => HostileAnswer;

/** The credentials that each request carries. */
export const TOKEN = 'marked-secret-4711';

/** After so many bytes of one answer anybody should have hung up. */
export const ENOUGH_BYTES = 6 * 1024 * 1024;

interface Asked {
  readonly target: Target;
  readonly atMs: number;
}

let peers = 0;

/**
 * An API server with one Lease in this process, which real requests reach over connections without
 * a network. It is as good as it has to be, and answers one kind of request as a test says.
 */
export class HostilePeer {
  readonly asked: Asked[] = [];
  /** The most that was sent on one connection after a hostile answer began. */
  mostSent = 0;
  hostile: { readonly target: Target; readonly answer: Answerer } | null = null;
  readonly #clock: Clock;
  readonly #watches = new Set<Line>();
  readonly #client: ApiClient;
  readonly #config;
  #version = 100;
  /** Beyond all that is really there: a write over what was made up is a conflict. */
  #madeUp = 1_000_000;
  #lease: Record<string, unknown>;

  constructor(clock: Clock, holder: string) {
    this.#clock = clock;
    peers += 1;
    const server = `http://hostile-${peers}:80`;
    this.#config = kubeConfig({ server, skipTLSVerify: true }, { token: TOKEN });
    const agent = new LineAgent((request, line) => {
      this.#take(request, line);
    });
    this.#client = new ApiClient(this.#config, (settings) => joinAgent(settings, () => agent));
    clientFor(this.#config, () => this.#client);
    this.#lease = {};
    this.holdBy(holder);
  }

  lock(): LeaseLock {
    return new LeaseLock({
      name: 'job',
      namespace: 'default',
      identity: 'me',
      kubeConfig: this.#config,
    });
  }

  /** Somebody writes the Lease: it is held by this one, or by nobody. */
  holdBy(holderIdentity: string): void {
    const renewTime = new Date(this.#clock.now().wallMs).toISOString().replace('Z', '000Z');
    this.#store({ leaseDurationSeconds: 15, leaseTransitions: 1, renewTime, holderIdentity });
  }

  close(): void {
    this.#client.close();
  }

  #store(spec: unknown): void {
    this.#version += 1;
    this.#lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'job', namespace: 'default', resourceVersion: String(this.#version) },
      spec,
    };
    for (const watch of this.#watches) watch.push(chunk({ type: 'MODIFIED', object: this.#lease }));
  }

  #take({ method, path, body }: Request, line: Line): void {
    const isWatch = path.includes('watch=true');
    const target = method !== 'GET' ? 'write' : isWatch ? 'watch' : 'read';
    this.asked.push({ target, atMs: this.#clock.now().monotonicMs });
    if (this.hostile?.target === target) this.#answerBadly(line, this.hostile);
    else if (target === 'write') this.#write(JSON.parse(body) as Record<string, unknown>, line);
    else if (target === 'read') line.push(answer(200, this.#lease));
    else {
      this.#watches.add(line);
      line.once('close', () => this.#watches.delete(line));
      line.push(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
      line.push(chunk({ type: 'ADDED', object: this.#lease }));
    }
  }

  #write(lease: Record<string, unknown>, line: Line): void {
    const { resourceVersion } = lease['metadata'] as { resourceVersion?: string };
    const exists = { kind: 'Status', reason: 'AlreadyExists', code: 409, message: 'exists' };
    const changed = { kind: 'Status', reason: 'Conflict', code: 409, message: 'changed' };
    if (resourceVersion !== String(this.#version)) {
      line.push(answer(409, resourceVersion === undefined ? exists : changed));
      return;
    }
    this.#store(lease['spec']);
    line.push(answer(200, this.#lease));
  }

  #answerBadly(
    line: Line,
    { target, answer: answerer }: NonNullable<HostilePeer['hostile']>,
  ): void {
    const lease = (metadata: object = {}, spec: object = {}): object => ({
      ...this.#lease,
      metadata: { ...(this.#lease['metadata'] as object), ...metadata },
      spec: { ...(this.#lease['spec'] as object), ...spec },
    });
    const next = (): number => (this.#madeUp += 1);
    const { bytes, then } = answerer({ target, next, lease });
    line.push(bytes);
    if (then === 'close') line.push(null);
    else if (then !== undefined) {
      line.flood(then.flood, (sent) => (this.mostSent = Math.max(this.mostSent, sent)));
    }
  }
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

/** A proper answer, of whatever status, with this JSON or text. */
export function answer(status: number, body: unknown, headers: object = {}): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const lines = Object.entries({
    'Content-Type': typeof body === 'string' ? 'text/plain' : 'application/json',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  }).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join('')}\r\n${text}`;
}

/** One line of a watch. */
export function chunk(event: unknown): string {
  const line = `${typeof event === 'string' ? event : JSON.stringify(event)}\n`;
  return `${Buffer.byteLength(line).toString(16)}\r\n${line}\r\n`;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** A connection that leads nowhere: what is written to it, the peer answers. */
class Line extends Socket {
  readonly #take: (request: Request, line: Line) => void;
  #received = '';
  #more: (() => void) | null = null;

  constructor(take: (request: Request, line: Line) => void) {
    super();
    this.#take = take;
  }

  override setKeepAlive(): this {
    return this;
  }

  override ref(): this {
    return this;
  }

  override unref(): this {
    return this;
  }

  override _read(): void {
    if (this.#more !== null) setImmediate(this.#more);
  }

  override _write(bytes: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this._writev([{ chunk: bytes }], done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer | string }[], done: () => void): void {
    for (const { chunk: bytes } of chunks) this.#received += bytes.toString();
    done();
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const [first = '', ...headers] = this.#received.slice(0, end).split('\r\n');
    const length = headers.find((header) => /^content-length:/i.test(header))?.split(':')[1];
    const body = this.#received.slice(end + 4);
    if (Buffer.byteLength(body) < Number(length ?? 0)) return;
    this.#received = '';
    const [method = '', path = ''] = first.split(' ');
    setImmediate(() => {
      if (!this.destroyed) this.#take({ method, path, body }, this);
    });
  }

  flood(text: string, sent: (bytes: number) => void): void {
    let total = 0;
    this.#more = () => {
      if (this.destroyed || total > 2 * ENOUGH_BYTES) return;
      total += text.length;
      sent(total);
      this.push(text);
    };
    this.#more();
  }
}

class LineAgent extends http.Agent {
  readonly #take: (request: Request, line: Line) => void;

  constructor(take: (request: Request, line: Line) => void) {
    super({ keepAlive: true });
    this.#take = take;
  }

  override createConnection(): Duplex {
    return new Line(this.#take);
  }
}
