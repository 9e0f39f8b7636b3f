import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../http/body.js';
import { GuardedServer, type GuardedServerOptions } from '../http/guarded-server.js';
import { checkAccess, securityHeaders } from './access.js';
import { type Feed, PageStreams, type StreamLimits } from './page-streams.js';

/** A batch is a few reports of a kilobyte each. */
const MAX_BODY = 1024 * 1024;

/** Beside those of the open pages. */
const MOST_CONNECTIONS = 100;

/** An open page is told something every 15 s. */
const SERVER: Omit<GuardedServerOptions, 'maxConnections'> = {
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5000,
  silenceTimeoutMs: 60_000,
  askedBy: 'local',
  isAside: true,
};

export interface PageFile {
  readonly type: string;
  readonly content: string;
}

export interface InspectorServerOptions<T> {
  /** What the pages are told, as server-sent events. */
  readonly feed: Feed<T>;
  /** Takes what other processes report, parsed; throws if it makes no sense. Null: nothing is taken. */
  readonly take: ((batch: unknown) => void) | null;
  readonly port: number;
  readonly token: string;
  readonly limits: StreamLimits;
  /** What the page consists of, by path; the page itself by the empty one. */
  readonly files: ReadonlyMap<string, PageFile>;
  /** The one site that the page may show in a frame. Default: none. */
  readonly frame?: string;
}

/** Serves the page, its stream of reports, and the intake for other processes' reports. */
export class InspectorServer<T> {
  readonly #options: InspectorServerOptions<T>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #server: GuardedServer;
  readonly #streams: PageStreams<T>;

  constructor(options: InspectorServerOptions<T>) {
    this.#options = options;
    this.#headers = securityHeaders(options.frame);
    this.#streams = new PageStreams(options.feed, options.limits);
    this.#server = new GuardedServer((request, response) => this.#serve(request, response), {
      ...SERVER,
      maxConnections: options.limits.maxPages + MOST_CONNECTIONS,
    });
  }

  get url(): string {
    return `${this.#server.url}/${this.#options.token}/`;
  }

  get openPages(): number {
    return this.#streams.size;
  }

  /** @throws {Error} if the port is taken */
  async listen(): Promise<void> {
    const { port } = this.#options;
    try {
      await this.#server.listen(port, '127.0.0.1');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const what = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`;
      const problem = `Port ${port} of 127.0.0.1 ${what}: the live chart is not served`;
      throw new Error(problem, { cause: error });
    }
  }

  async close(): Promise<void> {
    this.#streams.close();
    await this.#server.close();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const access = checkAccess(request, this.#options.token);
    if (!access.ok) return this.#answer(response, access.status, access.because);
    const { method } = request;
    const { take } = this.#options;
    if (access.path === 'reports' && take !== null) {
      if (method === 'POST') return this.#takeReports(request, response, take);
      return this.#answer(response, 405, 'Reports are sent by POST.');
    }
    if (method !== 'GET') return this.#answer(response, 405, 'This is read by GET.');
    if (access.path === 'stream') {
      if (this.#streams.open(response, this.#headers)) return;
      return this.#answer(response, 503, 'Too many pages look at this already.');
    }
    const file = this.#options.files.get(access.path);
    if (file === undefined) return this.#answer(response, 404, 'Nothing here.');
    this.#answer(response, 200, file.content, file.type);
  }

  async #takeReports(
    request: IncomingMessage,
    response: ServerResponse,
    take: (batch: unknown) => void,
  ): Promise<void> {
    const body = await readBody(request, MAX_BODY);
    if (body === null) return;
    if (body.isTooLong) {
      this.#answer(response, 413, 'That is too much at once.');
      return;
    }
    try {
      take(JSON.parse(body.text));
    } catch {
      this.#answer(response, 400, 'This is not a batch of reports.');
      return;
    }
    this.#answer(response, 204, '');
  }

  #answer(
    response: ServerResponse,
    status: number,
    content: string,
    type = 'text/plain; charset=utf-8',
  ): void {
    response.writeHead(status, { ...this.#headers, 'content-type': type });
    response.end(content);
  }
}
