import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { readBody } from '../http/body.js';
import { GuardedServer, type GuardedServerOptions } from '../http/guarded-server.js';
import { requestUrl } from '../http/request-url.js';
import { checkAccess, isSameOrigin, mayReport, securityHeaders } from './access.js';
import { type Feed, PageStreams, type StreamLimits } from './page-streams.js';

/** A batch is a few reports of a kilobyte each. */
const MAX_BODY = 1024 * 1024;

/** Beside those of the open pages. */
const MOST_CONNECTIONS = 100;

/** Where others report to, with the token in a header. */
export const REPORTS = 'reports';

const LOCAL = '127.0.0.1';

/** An open page is told something every 15 s. */
const SERVER: Omit<GuardedServerOptions, 'maxConnections' | 'askedBy'> = {
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5000,
  silenceTimeoutMs: 60_000,
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
  readonly take: ((batch: unknown, from: Socket) => void) | null;
  readonly port: number;
  /** Where to listen. Default: on 127.0.0.1, for this machine alone. */
  readonly host?: string | undefined;
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
      askedBy: options.host === undefined ? 'local' : 'any',
      maxConnections: options.limits.maxPages + MOST_CONNECTIONS,
    });
  }

  get url(): string {
    // Who listens everywhere is found here, too.
    const url = this.#server.url
      .replace('//0.0.0.0:', `//${LOCAL}:`)
      .replace('//[::]:', '//[::1]:');
    return `${url}/${this.#options.token}/`;
  }

  get openPages(): number {
    return this.#streams.size;
  }

  /** @throws {Error} if the port is taken, or the address is none of this machine's */
  async listen(): Promise<void> {
    const { port, host = LOCAL } = this.#options;
    try {
      await this.#server.listen(port, host);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const what = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`;
      const problem = `Port ${port} of ${host} ${what}: the live chart is not served`;
      throw new Error(problem, { cause: error });
    }
  }

  async close(): Promise<void> {
    this.#streams.close();
    await this.#server.close();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const { method } = request;
    const { take, token } = this.#options;
    if (!isSameOrigin(request)) return this.#answer(response, 403, 'Not for pages of other sites.');
    if (take !== null && requestUrl(request.url)?.pathname === `/${REPORTS}`) {
      if (!mayReport(request, token)) return this.#answer(response, 401, 'This is not the token.');
      if (method === 'POST') return this.#takeReports(request, response, take);
      return this.#answer(response, 405, 'Reports are sent by POST.');
    }
    const access = checkAccess(request, token);
    if (!access.ok) return this.#answer(response, access.status, access.because);
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
    take: (batch: unknown, from: Socket) => void,
  ): Promise<void> {
    const body = await readBody(request, MAX_BODY);
    if (body === null) return;
    if (body.isTooLong) {
      this.#answer(response, 413, 'That is too much at once.');
      return;
    }
    try {
      take(JSON.parse(body.text), request.socket);
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
