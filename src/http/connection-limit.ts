import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Unlike `server.maxConnections`, which turns the new ones away, so that idle ones keep all others out. */
export function limitConnections(server: Server, most: number): void {
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
