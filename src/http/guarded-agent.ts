import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { isRead, type Passage } from './passage.js';

/*
 * What Node's HTTP client does with an agent, and agents such as those for proxies rely on: it calls
 * `addRequest`, and the agent calls `onSocket` of the request in turn, once it has a connection.
 */

interface AgentInside extends Agent {
  addRequest(request: ClientRequest, ...rest: unknown[]): void;
}

interface RequestInside {
  method: string;
  onSocket(socket: Socket | null, error?: unknown): void;
}

/**
 * An agent by which a request that changes something leaves only if it may at the moment at which it is
 * written. Everything else about it is as it was.
 *
 * @param passageOf throws where nothing may leave
 */
export function guardedAgent(agent: Agent, passageOf: () => Passage): Agent {
  const inside = agent as AgentInside;
  return Object.create(agent, {
    addRequest: {
      value: (request: ClientRequest, ...rest: unknown[]) => {
        if (isRead(request.method) || guard(request, passageOf)) {
          inside.addRequest(request, ...rest);
        }
      },
    },
  }) as Agent;
}

/** False: it was refused, and will never be given a connection. */
function guard(request: ClientRequest, passageOf: () => Passage): boolean {
  const inside = request as unknown as RequestInside;
  const onSocket = inside.onSocket.bind(request);
  let passage: Passage;
  try {
    passage = passageOf();
  } catch (error) {
    onSocket(null, error);
    return false;
  }
  passage.signal.addEventListener(
    'abort',
    () => {
      request.destroy(passage.signal.reason as Error);
    },
    { once: true },
  );
  const end = (): void => {
    passage.end();
  };
  request.once('response', end);
  request.once('close', end);
  inside.onSocket = (socket, error) => {
    if (socket !== null && error == null && !mayUse(socket, passage)) {
      onSocket(socket, passage.signal.reason);
    } else onSocket(socket, error);
  };
  guardBody(request, passage);
  passage.begin();
  return true;
}

/** What comes later than the head does not complete the request when it must not be sent any more. */
function guardBody(request: ClientRequest, passage: Passage): void {
  for (const name of ['write', 'end'] as const) {
    const method = request[name].bind(request) as (...args: unknown[]) => unknown;
    const guarded = (...args: unknown[]): unknown =>
      passage.mayLeave() ? method(...args) : request;
    Object.defineProperty(request, name, { value: guarded, configurable: true, writable: true });
  }
}

/** Whether the request may have this connection: on one that is not ready yet, nothing is sent before. */
function mayUse(socket: Socket, passage: Passage): boolean {
  const ready = whenReady(socket);
  if (ready !== null) {
    // Held back here: what is written during a handshake would be sent by itself at its end.
    socket.cork();
    socket.once(ready, () => {
      // Who may not has given the request up, and the socket with it.
      if (passage.mayLeave()) socket.uncork();
      else socket.destroy();
    });
  }
  return passage.mayLeave();
}

function whenReady(socket: Socket & { readonly secureConnecting?: boolean }): string | null {
  if (socket.secureConnecting === true) return 'secureConnect';
  return socket.connecting ? 'connect' : null;
}
