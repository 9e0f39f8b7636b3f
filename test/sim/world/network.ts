import { LockError } from '../../../src/errors/lock-error.js';
import type { ApiTransport } from '../../../src/kubernetes/api-client.js';
import type { ApiRequest, ApiResponse } from '../../../src/kubernetes/api-request.js';
import type { Fact, Json } from '../facts.js';
import { PODS_PATH } from '../pods/pod-store.js';
import type { Link } from './link.js';
import type { SimProcess } from './process.js';
import { Random } from './random.js';
import type { ServerAnswer, ServerRequest, SimServer } from './server.js';
import { Streams } from './streams.js';
import type { World } from './world.js';

interface Flight {
  readonly id: number;
  readonly who: string;
  /** After that much of the caller's own time the client gives up by itself. */
  readonly timeoutMs: number;
  readonly process: SimProcess;
  readonly isDryRun: boolean;
  /** Of a pod and not of the lock: whoever judges candidates hears nothing of it. */
  readonly isAside: boolean;
  readonly link: Link;
  open: boolean;
  settle(outcome: ApiResponse | LockError): void;
}

/** Who asks, and what is to be known about it at the moment of sending. */
export interface Caller {
  who(): string;
  readonly process: SimProcess;
  readonly link: Link;
  leads(): boolean;
  /** A wrapper may spoil what goes out, to seed an error. */
  readonly spoil?: (body: unknown) => unknown;
  /** And see what comes in. */
  readonly hears?: (answer: ApiResponse) => void;
}

/** The wires. Requests that were given up, or whose sender died, travel on. */
export class Network {
  readonly #world: World;
  readonly #server: SimServer;
  readonly #random: Random;
  readonly #count: (fault: string) => void;
  readonly #flights = new Set<Flight>();
  /** How likely a process is stopped between reading its clock and the sending of its request. */
  stopsAtSending = 0;
  /** How likely the connection breaks under a write, before or after it takes effect. */
  breaksUnderWrites = 0;
  /** How likely a proxy sends a write to its next upstream too, and hands on only that answer. */
  repeatsWrites = 0;
  /** How far ahead the clock is by which the `Date` of each answer is written; null: there is none. */
  dateOffsetMs: number | null = 0;
  readonly streams: Streams;
  #nextId = 1;

  constructor(world: World, server: SimServer, random: Random, count: (fault: string) => void) {
    this.#world = world;
    this.#server = server;
    this.#random = random;
    this.#count = count;
    this.streams = new Streams(world, server, new Random(random.int(0, 2 ** 31)), count);
  }

  /** The client that locks are given instead of the real one. `open` holds what is under way. */
  client(caller: Caller, open: Set<number>): ApiTransport {
    return {
      request: (request) => this.#request(caller, open, request),
      stream: (request) => this.streams.open(caller, request, open),
    };
  }

  /** All connections break; what has not reached the server never will. */
  resetAll(): void {
    for (const flight of [...this.#flights]) {
      if (this.#random.chance(0.1)) continue;
      flight.settle(broken('the connection was reset (ECONNRESET)'));
    }
    this.streams.breakAll();
  }

  heal(link: Link): void {
    for (const act of link.heal()) {
      if (this.#random.chance(0.6)) this.#world.after(this.#random.between(0, 2000), act);
    }
  }

  #request(caller: Caller, open: Set<number>, request: ApiRequest): Promise<ApiResponse> {
    const { process } = caller;
    const who = caller.who();
    const id = this.#nextId++;
    const body = request.body === undefined ? null : (caller.spoil?.(request.body) ?? request.body);
    const text = body === null ? '' : JSON.stringify(body);
    const { signal, query } = request;
    const isDryRun = query?.['dryRun'] !== undefined;
    const isAside = request.path.startsWith(PODS_PATH);
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(aborted());
        return;
      }
      const sent: Fact = {
        kind: 'sent',
        t: this.#world.now,
        who,
        request: id,
        verb: isDryRun ? 'dryRun' : (VERBS[request.method] ?? 'get'),
        // What is not stored is no record, neither as it is sent nor as it is answered.
        body: isDryRun ? null : (body as Json | null),
        local: process.now(),
        leading: caller.leads(),
      };
      if (!isAside) this.#world.record(sent);
      open.add(id);
      const finish = (how: () => void): void => {
        flight.open = false;
        open.delete(id);
        this.#flights.delete(flight);
        signal?.removeEventListener('abort', onAbort);
        how();
      };
      const flight: Flight = {
        id,
        who,
        process,
        isDryRun,
        isAside,
        timeoutMs: request.timeoutMs ?? 60_000,
        link: caller.link,
        open: true,
        settle: (outcome) => {
          process.deliver(() => {
            if (!flight.open) return;
            this.#recordAnswer(flight, outcome);
            finish(() => {
              if (outcome instanceof LockError) {
                reject(outcome);
                return;
              }
              if (!isAside) caller.hears?.(outcome);
              resolve(outcome);
            });
          });
        },
      };
      const onAbort = (): void => {
        const gaveUp = { kind: 'gaveUp', who, request: id, local: process.now() } as const;
        if (!isAside) this.#world.record({ ...gaveUp, t: this.#world.now });
        finish(() => {
          reject(aborted());
        });
      };
      signal?.addEventListener('abort', onAbort);
      this.#flights.add(flight);
      const { method, path } = request;
      this.#depart(flight, { method, path, body: text, ...(query === undefined ? {} : { query }) });
    });
  }

  #depart(flight: Flight, wire: Wire): void {
    const random = this.#random;
    const stops = wire.method !== 'GET' && random.chance(this.stopsAtSending);
    const before = stops && random.chance(0.5);
    if (!before) this.#goUp(flight, wire);
    if (!stops) return;
    const { who, process } = flight;
    const when = before ? 'between clock and sending' : 'while its write is under way';
    this.#count(`stopped ${when}`);
    this.#world.record({ kind: 'froze', t: this.#world.now, who, how: `stopped ${when}` });
    process.freeze('stopped');
    this.#world.after(random.skewed(100, 30_000), () => {
      if (before && !process.dead) this.#goUp(flight, wire);
      this.#world.record({ kind: 'thawed', t: this.#world.now, who });
      process.thaw('stopped');
    });
  }

  /** The client's own last resort, for callers that do not give up themselves. */
  #leaveUnanswered(flight: Flight): void {
    this.#world.after(flight.timeoutMs / flight.process.host.rate, () => {
      if (flight.open) flight.settle(new LockError('no whole answer in time', { kind: 'timeout' }));
    });
  }

  #goUp(flight: Flight, wire: Wire): void {
    const { link, who, id } = flight;
    const random = this.#random;
    const arrive = (): void => {
      this.#server.receive(wire, { who, request: id }, (answer) => {
        this.#goDown(flight, answer);
      });
    };
    const pass = (): void => {
      if (wire.method === 'GET' || !random.chance(this.repeatsWrites)) {
        arrive();
        return;
      }
      this.#count('write repeated by a proxy');
      // It has lost the first answer, whatever it was.
      this.#server.receive(wire, { who, request: id }, () => undefined);
      this.#world.after(this.#delay(link), arrive);
    };
    if (link.cutUp) {
      this.#leaveUnanswered(flight);
      link.hold(() => {
        // What was given up meanwhile may have been in the kernel's buffers already.
        if (flight.open || random.chance(0.5)) arrive();
      });
      return;
    }
    if (random.chance(link.hangs) || random.chance(link.lost)) {
      this.#count('request lost or hung');
      this.#leaveUnanswered(flight);
      return;
    }
    if (
      random.chance(link.reset) ||
      (wire.method !== 'GET' && random.chance(this.breaksUnderWrites))
    ) {
      const commits = random.chance(0.5);
      this.#count(`reset ${commits ? 'after' : 'before'} the commit`);
      this.#world.after(this.#delay(link), () => {
        if (commits) this.#server.receive(wire, { who, request: id }, () => undefined);
        flight.settle(
          broken('the connection was closed before the whole answer arrived (ECONNRESET)'),
        );
      });
      return;
    }
    this.#world.after(this.#delay(link), pass);
    if (random.chance(link.duplicated)) {
      this.#count('request delivered twice');
      this.#world.after(this.#delay(link), arrive);
    }
  }

  #goDown(flight: Flight, answer: ServerAnswer | null): void {
    const { link } = flight;
    if (!flight.open) return;
    const { wallMs } = this.#server;
    const { dateOffsetMs } = this;
    const arrive = (): void => {
      if (answer === null) flight.settle(broken('connection refused (ECONNREFUSED)'));
      else flight.settle(dated(answer, dateOffsetMs === null ? null : wallMs + dateOffsetMs));
    };
    if (link.cutDown) {
      this.#leaveUnanswered(flight);
      link.hold(arrive);
      return;
    }
    if (this.#random.chance(link.lostAnswer)) {
      this.#count('answer lost');
      this.#leaveUnanswered(flight);
      return;
    }
    this.#world.after(this.#delay(link), arrive);
  }

  #delay({ delayMs: [low, high] }: Link): number {
    return this.#random.skewed(low, high);
  }

  #recordAnswer(
    { id: request, who, process, isDryRun, isAside }: Flight,
    outcome: ApiResponse | LockError,
  ): void {
    if (isAside) return;
    const broke = outcome instanceof LockError;
    this.#world.record({
      kind: 'answered',
      t: this.#world.now,
      who,
      request,
      status: broke ? 0 : outcome.status,
      body: broke || isDryRun ? null : (outcome.json as Json),
      local: process.now(),
    });
  }
}

type Wire = ServerRequest;

const VERBS: Readonly<Record<string, 'get' | 'create' | 'update'>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
};

/** As it was when it was sent. The date is made only for who asks for it. */
function dated({ status, headers, json }: ServerAnswer, wallMs: number | null): ApiResponse {
  if (wallMs === null) return { status, headers, json, address: 'simulated:6443' };
  const withDate = {
    ...headers,
    get date() {
      return new Date(wallMs).toUTCString();
    },
  };
  return { status, headers: withDate, json, address: 'simulated:6443' };
}

function broken(why: string): LockError {
  return new LockError(why, { kind: 'network' });
}

function aborted(): LockError {
  return new LockError('the request was aborted', { kind: 'aborted' });
}
