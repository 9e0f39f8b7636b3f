import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { limitConnections } from './connection-limit.js';
import { isForUs } from './local-request.js';

export interface ServerLimits {
  /** Connections at the same time. One more takes the place of the one that is needed least. */
  readonly maxConnections: number;
  /** So long the first line and the headers of a request may take, from the connection on. */
  readonly headersTimeoutMs: number;
  /** So long a whole request may take. */
  readonly requestTimeoutMs: number;
  /** So long a connection may wait for its next request. */
  readonly keepAliveTimeoutMs: number;
  /** A connection on which nothing moves for so long is closed, answers included. 0: never. */
  readonly silenceTimeoutMs: number;
}

export interface GuardedServerOptions extends ServerLimits {
  /**
   * `local`: answers this machine alone, and no other site's page that is shown in a browser on it.
   * `any`: has names that nobody here knows, those of a pod or a proxy.
   */
  readonly askedBy: 'local' | 'any';
  /** Neither the server nor who is connected to it keeps the program running. */
  readonly isAside?: boolean;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** How often at most it is looked whether a request has taken too long. Node's default is 30 s. */
const CHECK_EVERY_MS = 1000;

/**
 * An HTTP server that nobody can end or occupy by what he sends, or by sending nothing: a handler
 * that throws or rejects costs its own request and no more, and silent connections are limited in
 * number and time. Every server of this package is one.
 */
export class GuardedServer {
  readonly #server: Server;
  readonly #handle: Handler;
  readonly #options: GuardedServerOptions;
  #address: AddressInfo | null = null;

  constructor(handle: Handler, options: GuardedServerOptions) {
    this.#handle = handle;
    this.#options = options;
    this.#server = createServer(
      {
        headersTimeout: options.headersTimeoutMs,
        requestTimeout: options.requestTimeoutMs,
        keepAliveTimeout: options.keepAliveTimeoutMs,
        connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, options.headersTimeoutMs),
      },
      (request, response) => this.#serve(request, response),
    );
    this.#server.timeout = options.silenceTimeoutMs;
    limitConnections(this.#server, options.maxConnections);
    if (options.isAside !== true) return;
    this.#server.unref();
    this.#server.on('connection', (socket: Socket) => socket.unref());
  }

  /**
   * @param host undefined: all interfaces
   * @throws {NodeJS.ErrnoException} when that cannot be listened on
   */
  async listen(port: number, host: string | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    // One connection that fails is no reason to end the program.
    this.#server.on('error', () => undefined);
    this.#address = this.#server.address() as AddressInfo;
  }

  /** Such as `http://127.0.0.1:4040`; empty before it listens. */
  get url(): string {
    if (this.#address === null) return '';
    const { address, port, family } = this.#address;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** Ends all connections and frees the port. Can be called again. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    // Who goes away in the middle of a request or an answer is no error here.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const failed = (): void => {
      try {
        if (response.headersSent) response.destroy();
        else response.writeHead(500, { Connection: 'close' }).end();
      } catch {
        // Of what the handler has left no answer can be made: a status text or headers of its own.
        response.destroy();
      }
    };
    try {
      if (this.#options.askedBy === 'local' && !isForUs(request, this.#address?.port ?? 0)) {
        request.resume();
        response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' });
        response.end('Open this page by the address that was printed.');
        return;
      }
      Promise.resolve(this.#handle(request, response)).catch(failed);
    } catch {
      failed();
    }
  }
}
