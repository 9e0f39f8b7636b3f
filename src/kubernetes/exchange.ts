import http from 'node:http';
import https from 'node:https';
import { TCP_KEEP_ALIVE_MS } from './agents.js';
import type { RequestHeaders } from './credential-headers.js';
import type { Deadline } from './deadline.js';
import type { TunnelOptions } from './tunnel.js';

/**
 * Whoever gives up a watch mostly has something to write, and somebody waits for that: to close the
 * connection is work for both sides, which can be done a little later.
 */
const STREAM_LINGERS_MS = 100;

/** Of what a server may say before its answer (`103 Early Hints`); it could go on for ever. */
const MOST_ANNOUNCEMENTS = 20;

export interface Exchange {
  readonly server: URL;
  readonly method: string;
  /** Path and query below the server's own path. */
  readonly target: string;
  readonly headers: Readonly<RequestHeaders>;
  readonly body: string | undefined;
  readonly agent: http.Agent;
  readonly deadline: Deadline;
  /** The connection is this exchange's own. When it is given up, it is closed a moment later. */
  readonly isStream: boolean;
}

/** An exchange failed before its answer was complete. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';

  constructor(
    override readonly cause: unknown,
    /** The connection had served another request before. */
    readonly reusedSocket: boolean,
    /** A part of the answer had arrived. */
    readonly answered: boolean,
  ) {
    super('the exchange failed');
  }

  get code(): string {
    const code = (this.cause as { code?: unknown } | undefined)?.code;
    return typeof code === 'string' ? code : '';
  }
}

/**
 * Sends a request, and resolves with what `read` makes of the answer. That is called when the answer
 * begins, in the same turn, so that a body which has come along with it need not be kept for later.
 */
export function send<T>(
  exchange: Exchange,
  read: (response: http.IncomingMessage) => T | Promise<T>,
): Promise<T> {
  const { server, deadline } = exchange;
  const secure = server.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const options: TunnelOptions = {
      protocol: server.protocol,
      // URL keeps the brackets of an IPv6 address; a socket wants it without.
      host: server.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: server.port === '' ? (secure ? 443 : 80) : Number(server.port),
      path: server.pathname.replace(/\/+$/, '') + exchange.target,
      method: exchange.method,
      headers: exchange.headers,
      agent: exchange.agent,
      deadline,
    };
    const request = (secure ? https : http).request(options);
    // Destroying the request takes its socket with it, so that a connection which has gone
    // silent is never given to another request.
    const destroy = (): void => {
      request.destroy();
    };
    const forget = deadline.onGivenUp(() => {
      // Of one that was given up before it began, nothing has been sent, and nothing shall be.
      if (exchange.isStream && request.headersSent) setTimeout(destroy, STREAM_LINGERS_MS);
      else destroy();
    });
    const isSent = (): void => {
      deadline.waitsFor = null;
    };
    request.once('socket', (socket) => {
      if (request.reusedSocket) {
        isSent();
        return;
      }
      socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
      if (secure || socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', isSent);
      else isSent();
    });
    let announced = 0;
    request.on('information', () => {
      announced += 1;
      if (announced > MOST_ANNOUNCEMENTS) request.destroy(new Error('it only announces an answer'));
    });
    request.once('response', (response) => {
      // That of a stream which was given up a moment ago: nobody waits for it any more.
      if (deadline.givenUp !== null) {
        destroy();
        return;
      }
      // Once the answer is complete the socket may serve somebody else: hands off it.
      response.once('close', forget);
      resolve(read(response));
    });
    request.on('error', (error) => {
      forget();
      reject(new ExchangeError(error, request.reusedSocket, false));
    });
    request.end(exchange.body);
  });
}

/** Reads the whole body, up to a limit. */
export function readBody(response: http.IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let ended = false;
    const fail = (cause: unknown): void => {
      reject(new ExchangeError(cause, false, true));
    };
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) response.destroy(new BodyTooLargeError(maxBytes));
    });
    response.once('error', fail);
    response.once('close', () => {
      // Without an `end`, the connection was cut: an error may or may not have said so.
      if (!ended) fail(new Error('the connection was closed in the middle of the answer'));
    });
    response.once('end', () => {
      if (!response.complete) return;
      ended = true;
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}

export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
  readonly code = 'ERR_BODY_TOO_LARGE';

  constructor(readonly maxBytes: number) {
    super(`the answer is larger than ${maxBytes} bytes`);
  }
}
