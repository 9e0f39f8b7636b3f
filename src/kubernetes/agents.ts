import http from 'node:http';
import https from 'node:https';
import type { ConnectionSettings } from './connection-settings.js';
import { throughProxy } from './tunnel.js';
import { RequestQueue } from './request-queue.js';

/** Enough for many elections in one process, whose requests take milliseconds. */
const USUAL_SOCKETS = 4;

/**
 * For a server that is slow to answer; few enough that one which hangs is not met with a crowd of
 * connections. With that of a shared watch, a process has eight, and one more where Events are written.
 */
const MAX_SOCKETS = 7;

/**
 * Idle connections are closed by us before a load balancer in between forgets them: a write that
 * is sent just as the other side closes has an unknown fate.
 */
const IDLE_SOCKET_MS = 30_000;

/** TCP keep-alive probes start after this much silence. */
export const TCP_KEEP_ALIVE_MS = 15_000;

/** The kept-alive connections to one API server with one set of TLS material. */
export class PooledAgent {
  readonly requests: http.Agent;
  /** For requests; a stream has a connection of its own. */
  readonly turns = new RequestQueue({ usual: USUAL_SOCKETS, most: MAX_SOCKETS });
  /** For what nothing waits for: one at a time, over a connection that is made for it. */
  readonly asideTurns = new RequestQueue({ usual: 1, most: 1 });
  readonly #makeAgent: MakeAgent;
  #streamAgent: http.Agent | null = null;
  #asideAgent: http.Agent | null = null;
  #users = 0;
  #inFlight = 0;

  constructor(
    readonly key: string,
    makeAgent: MakeAgent,
  ) {
    this.requests = makeAgent({ maxSockets: MAX_SOCKETS, timeout: IDLE_SOCKET_MS });
    this.#makeAgent = makeAgent;
  }

  /**
   * A watch occupies its connection for minutes. With sockets of their own, any number of watches
   * leaves the requests of other elections in this process unhindered.
   */
  get streams(): http.Agent {
    return (this.#streamAgent ??= this.#makeAgent({}));
  }

  get asides(): http.Agent {
    return (this.#asideAgent ??= this.#makeAgent({ keepAlive: false }));
  }

  /** Closes the connections that wait for a next request. */
  closeIdle(): void {
    for (const sockets of Object.values(this.requests.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }

  /** Call before a request, and the function that it returns after it. */
  begin(): () => void {
    this.#inFlight++;
    return () => {
      this.#inFlight--;
      this.#destroyIfUnused();
    };
  }

  join(): this {
    this.#users++;
    return this;
  }

  leave(): void {
    this.#users--;
    this.#destroyIfUnused();
  }

  #destroyIfUnused(): void {
    if (this.#users > 0 || this.#inFlight > 0) return;
    pool.delete(this.key);
    this.requests.destroy();
    this.#streamAgent?.destroy();
    this.#asideAgent?.destroy();
  }
}

const pool = new Map<string, PooledAgent>();

/** Makes an agent with these limits. */
type MakeAgent = (limits: http.AgentOptions) => http.Agent;

/**
 * The agent for these settings, shared by everybody in the process whose settings are the same.
 *
 * @param makeAgent other connections than those over the network, for tests
 */
export function joinAgent(
  settings: ConnectionSettings,
  makeAgent: MakeAgent = (limits) => agentFor(settings, limits),
): PooledAgent {
  let agent = pool.get(settings.agentKey);
  if (agent === undefined) {
    agent = new PooledAgent(settings.agentKey, makeAgent);
    pool.set(settings.agentKey, agent);
  }
  return agent.join();
}

/**
 * All of its connections lead to the same server with the same TLS material. Node would make a name
 * of both for each request, twice, and convert the certificates to text for that.
 */
class OneServerAgent extends https.Agent {
  override getName(): string {
    return 'API server';
  }
}

function agentFor(
  { server, tls, proxy }: ConnectionSettings,
  limits: http.AgentOptions,
): http.Agent {
  // The connection used last is the one most likely to be alive, hence last in, first out.
  const options: http.AgentOptions = { keepAlive: true, scheduling: 'lifo', ...limits };
  const secure = server.protocol === 'https:';
  const agent = secure ? new OneServerAgent({ ...options, ...tls }) : new http.Agent(options);
  if (proxy === null) return agent;
  // A request that waits for a socket is set up with what belongs to another one. None has to wait
  // here: turns keep their number down.
  return throughProxy(Object.assign(agent, { maxSockets: Infinity }), proxy, secure);
}
