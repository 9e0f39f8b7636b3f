import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https, { type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach } from 'vitest';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
  /** Counts connections from 1, in the order in which they were opened. */
  readonly connection: number;
  readonly message: IncomingMessage;
}

export type Handler = (request: SeenRequest, response: ServerResponse) => void;

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  readonly connections: () => number;
  /** The credentials of each request. */
  readonly authorizations: () => (string | undefined)[];
  /** Resolves when that many connections have been closed. */
  readonly closed: (count: number) => Promise<void>;
  handle(handler: Handler): void;
  close(): Promise<void>;
}

/** A server on the loopback interface that records what it is asked and answers as told. */
export async function startServer(
  handler: Handler,
  tls?: ServerOptions,
  wantedPort = 0,
): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const sockets = new Map<Socket, number>();
  const alive = new Set<Socket>();
  let current = handler;
  let closedCount = 0;
  const waiting: { count: number; resolve: () => void }[] = [];
  const onRequest = (message: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { method = '', url = '', headers } = message;
      const connection = sockets.get(message.socket) ?? 0;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const seen = { method, url, headers, body, connection, message };
      requests.push(seen);
      current(seen, response);
    });
  };
  const server =
    tls === undefined ? http.createServer(onRequest) : https.createServer(tls, onRequest);
  // Announced keep-alive times would make the client close connections by itself.
  server.keepAliveTimeout = 0;
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    sockets.set(socket, sockets.size + 1);
    alive.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      alive.delete(socket);
      closedCount++;
      for (const waiter of waiting) if (closedCount >= waiter.count) waiter.resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(wantedPort, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => sockets.size,
    authorizations: () => requests.map(({ headers }) => headers.authorization),
    closed: (count) =>
      closedCount >= count
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ count, resolve })),
    handle(next) {
      current = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of alive) socket.destroy();
      }),
  };
}

/** Starts such servers for one test each. */
export function serversOfEachTest(): typeof startServer {
  const started: TestServer[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.close()));
  });
  return async (...options) => {
    const server = await startServer(...options);
    started.push(server);
    return server;
  };
}

/** Accepts that token alone. */
export const acceptOnly =
  (token: string): Handler =>
  (request, response) => {
    sendJson(response, request.headers.authorization === `Bearer ${token}` ? 200 : 401, {});
  };

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export const answerWith =
  (status: number, body: unknown): Handler =>
  (_request, response) => {
    sendJson(response, status, body);
  };

/** A Kubernetes `Status` as the API server makes it. */
export function statusBody(code: number, reason: string, message: string, details = {}): object {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
  return { ...status, message, reason, details, code };
}
