import type { IncomingMessage, ServerResponse } from 'node:http';
import { GuardedServer, type GuardedServerOptions } from '../../http/guarded-server.js';
import { requestUrl } from '../../http/request-url.js';
import { jsonText } from '../../text/printable.js';
import { CliError } from '../cli-error.js';
import { METRICS_TYPE, metricsText } from './metrics.js';
import type { Monitor } from './monitor.js';

export interface ListenAddress {
  /** Undefined: all interfaces. */
  readonly host: string | undefined;
  readonly port: number;
}

/** `127.0.0.1:4040`, `[::1]:4040`, or `:4040` for all interfaces; null for anything else. */
export function parseListenAddress(text: string): ListenAddress | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]*):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const host = (match[1] ?? '').replace(/^\[(.*)\]$/, '$1');
  const port = Number(match[2]);
  return port > 65_535 ? null : { host: host === '' ? undefined : host, port };
}

/** What to do about it, where that can be said. */
function cannotListen({ code = 'no reason' }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE':
      return `cannot be listened on: another program uses that port (${code}). Choose another one.`;
    case 'EACCES':
      return `cannot be listened on: ports below 1024 take a privilege (${code}). Choose another one.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `cannot be listened on: this machine has no such address (${code}). 127.0.0.1 is for programs beside this one, no host at all for everybody.`;
    default:
      return `cannot be listened on (${code}).`;
  }
}

export interface EndpointOptions {
  readonly address: ListenAddress;
  readonly monitor: Monitor;
  /** Without an answer of the API server for this long, the candidate is not ready. */
  readonly readyWithinMs: number;
}

/** Each answer is given at once: whoever needs longer than this is slow or silent. */
const SERVER: GuardedServerOptions = {
  maxConnections: 100,
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5000,
  silenceTimeoutMs: 10_000,
  // By the addresses of its pod, and the names of services.
  askedBy: 'any',
};

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Tells over HTTP who leads, for programs beside this one, and how this candidate is. */
export class HttpEndpoint {
  readonly #server: GuardedServer;
  readonly #options: EndpointOptions;

  private constructor(options: EndpointOptions) {
    this.#options = options;
    this.#server = new GuardedServer((request, response) => this.#serve(request, response), SERVER);
  }

  /** @throws {CliError} when the address cannot be listened on */
  static async listen(options: EndpointOptions): Promise<HttpEndpoint> {
    const endpoint = new HttpEndpoint(options);
    const { host, port } = options.address;
    try {
      await endpoint.#server.listen(port, host);
    } catch (error) {
      const why = cannotListen(error as NodeJS.ErrnoException);
      throw new CliError(`--http ${host ?? ''}:${port} ${why}`);
    }
    return endpoint;
  }

  /** Such as `http://127.0.0.1:4040`. */
  get url(): string {
    return this.#server.url;
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    // What is sent along is not of interest.
    request.resume();
    const { status, type, body } = this.#answer(request);
    response.writeHead(status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  #answer(request: IncomingMessage): Answer {
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'GET or HEAD only');
    const reading = this.#options.monitor.read();
    switch (requestUrl(request.url)?.pathname) {
      case '/':
        return {
          status: 200,
          type: 'application/json',
          body: jsonText({ name: reading?.leader ?? '' }),
        };
      case '/healthz': {
        const health = this.#options.monitor.health;
        return health?.ok === false ? text(503, health.message) : text(200, 'ok');
      }
      case '/readyz': {
        const age = reading?.sinceAnswerMs ?? null;
        if (age === null) return text(503, 'the lock has not been read yet');
        if (age <= this.#options.readyWithinMs) return text(200, 'ok');
        return text(503, `the lock was last read ${(age / 1000).toFixed(1)} s ago`);
      }
      case '/metrics':
        return reading === null
          ? text(503, 'not started yet')
          : { status: 200, type: METRICS_TYPE, body: metricsText(reading) };
      default:
        return text(404, 'There are /, /healthz, /readyz and /metrics');
    }
  }
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}
