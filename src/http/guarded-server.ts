import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

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

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** How often at most it is looked whether a request has taken too long. Node's default is 30 s. */
const CHECK_EVERY_MS = 1000;

/**
 * An HTTP server that nobody can end or occupy by what he sends, or by sending nothing: a handler
 * that throws or rejects costs its own request and no more, and silent connections are limited in
 * number and time.
 */
export function createGuardedServer(handle: Handler, limits: ServerLimits): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, limits.headersTimeoutMs),
    },
    (request, response) => {
      serve(handle, request, response);
    },
  );
  server.timeout = limits.silenceTimeoutMs;
  limitConnections(server, limits.maxConnections);
  return server;
}

function serve(handle: Handler, request: IncomingMessage, response: ServerResponse): void {
  // Who goes away in the middle of an answer is no error here.
  response.on('error', () => undefined);
  const failed = (): void => {
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { Connection: 'close' }).end();
  };
  try {
    Promise.resolve(handle(request, response)).catch(failed);
  } catch {
    failed();
  }
}

/** Unlike `server.maxConnections`, which turns the new ones away, so that idle ones keep all others out. */
function limitConnections(server: Server, most: number): void {
  /** With the answers that each is still owed; those that have been quiet for longest come first. */
  const open = new Map<Socket, Set<ServerResponse>>();
  server.on('connection', (socket: Socket) => {
    if (open.size >= most) {
      const victim = leastNeeded(open) ?? socket;
      open.delete(victim);
      victim.destroy();
    }
    if (socket.destroyed) return;
    open.set(socket, new Set());
    socket.once('close', () => open.delete(socket));
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const owed = open.get(socket);
    if (owed === undefined) return;
    owed.add(response);
    response.once('close', () => {
      owed.delete(response);
      // To the end of the line.
      if (open.delete(socket)) open.set(socket, owed);
    });
  });
}

function leastNeeded(open: ReadonlyMap<Socket, ReadonlySet<ServerResponse>>): Socket | undefined {
  for (const [socket, owed] of open) {
    if (![...owed].some(isUnderWay)) return socket;
  }
  return undefined;
}

/** The request has come in whole and the answer goes on. One that only waits to be fetched is done. */
function isUnderWay(response: ServerResponse): boolean {
  return response.req.complete && !response.writableEnded;
}
