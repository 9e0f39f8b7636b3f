import { LockError } from '../../../src/errors/lock-error.js';
import type { ApiRequest, ApiStream } from '../../../src/kubernetes/api-request.js';
import type { Link } from './link.js';
import type { Caller } from './network.js';
import type { Random } from './random.js';
import type { SimServer } from './server.js';
import { WatchConnection, type WatchTrouble } from './watch-connection.js';
import type { World } from './world.js';

const NO_TROUBLE: WatchTrouble = {
  refused: 0,
  late: 0,
  repeated: 0,
  stale: 0,
  missing: 0,
  error: 0,
  closed: 0,
  silenced: 0,
};

/** The watches that are open. Only the opening of one is answered by the server at one moment. */
export class Streams {
  /** Small mishaps happen at any time. */
  readonly trouble: WatchTrouble = {
    ...NO_TROUBLE,
    late: 0.01,
    repeated: 0.01,
    stale: 0.005,
    missing: 0.005,
    error: 0.002,
    closed: 0.002,
  };
  readonly #world: World;
  readonly #server: SimServer;
  readonly #random: Random;
  readonly #count: (fault: string) => void;
  readonly #connections = new Set<WatchConnection>();
  #nextId = -1;

  constructor(world: World, server: SimServer, random: Random, count: (fault: string) => void) {
    this.#world = world;
    this.#server = server;
    this.#random = random;
    this.#count = count;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Does that to all connections on the link, or to all. */
  each(link: Link | null, act: (connection: WatchConnection) => void): void {
    for (const connection of [...this.#connections]) {
      if (link === null || connection.link === link) act(connection);
    }
  }

  /** The server is gone: most connections break, some end, and a few are left half open. */
  breakAll(): void {
    this.each(null, (connection) => {
      const how = this.#random.next();
      if (how < 0.7) connection.break();
      else if (how < 0.9) connection.end();
      else connection.silence();
    });
  }

  open(caller: Caller, request: ApiRequest, open: Set<number>): Promise<ApiStream> {
    const { signal, timeoutMs = 10_000 } = request;
    if (signal?.aborted === true) return Promise.reject(aborted());
    const id = this.#nextId--;
    open.add(id);
    return new Promise((resolve, reject) => {
      let isAnswered = false;
      const connection = new WatchConnection(caller, this.#around(), () => {
        signal?.removeEventListener('abort', abort);
        this.#connections.delete(connection);
        open.delete(id);
      });
      this.#connections.add(connection);
      const abort = (): void => {
        connection.abort();
        reject(aborted());
      };
      signal?.addEventListener('abort', abort);
      const settle = (act: () => void): void => {
        caller.process.deliver(() => {
          if (isAnswered || !this.#connections.has(connection)) return;
          isAnswered = true;
          act();
        });
      };
      const fail = (error: LockError): void => {
        settle(() => {
          connection.close();
          reject(error);
        });
      };
      this.#world.after(timeoutMs / caller.process.host.rate, () => {
        fail(new LockError('no answer in time', { kind: 'timeout' }));
      });
      this.#goUp(caller, request, connection, { settle, fail, resolve });
    });
  }

  #goUp(
    caller: Caller,
    request: ApiRequest,
    connection: WatchConnection,
    { settle, fail, resolve }: Opening,
  ): void {
    const { link } = connection;
    const random = this.#random;
    if (link.cutUp || random.chance(link.hangs) || random.chance(link.lost)) return;
    if (random.chance(link.reset)) {
      fail(new LockError('the connection was reset (ECONNRESET)', { kind: 'network' }));
      return;
    }
    this.#world.after(random.skewed(...link.delayMs), () => {
      if (caller.process.dead) return;
      const answer = random.chance(this.trouble.refused)
        ? FORBIDDEN
        : this.#server.openWatch(request.path, request.query ?? {});
      const arrivesAt = this.#world.now + random.skewed(...link.delayMs);
      this.#world.at(arrivesAt, () => {
        if (link.cutDown || random.chance(link.lostAnswer)) {
          connection.silence();
          return;
        }
        if (answer === null) {
          fail(new LockError('connection refused (ECONNREFUSED)', { kind: 'network' }));
          return;
        }
        settle(() => {
          resolve(connection.answer(answer));
          if (answer.stream === null) connection.carryJson(answer.json);
        });
      });
      if (answer?.stream != null) connection.carry(answer.stream, arrivesAt);
    });
  }

  #around(): ConstructorParameters<typeof WatchConnection>[1] {
    return {
      world: this.#world,
      random: this.#random,
      trouble: this.trouble,
      count: this.#count,
    };
  }
}

interface Opening {
  settle(act: () => void): void;
  fail(error: LockError): void;
  resolve(stream: ApiStream): void;
}

const FORBIDDEN = {
  status: 403,
  headers: {},
  stream: null,
  json: {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: 'Forbidden',
    message: 'the object is forbidden: the user cannot watch it',
    code: 403,
  },
} as const;

function aborted(): LockError {
  return new LockError('the request was aborted', { kind: 'aborted' });
}
