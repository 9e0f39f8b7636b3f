import { KubernetesApi } from '../../../src/testing/apiserver/kubernetes-api.js';
import type { Change } from '../../../src/testing/apiserver/store.js';
import type { WatchStream } from '../../../src/testing/apiserver/watches.js';
import type { Json } from '../facts.js';
import { PODS_PATH, PodStore } from '../pods/pod-store.js';
import { type Admission, admitted, looksStored } from './admission.js';
import type { Random } from './random.js';
import type { World } from './world.js';

export interface ServerRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the wire brings back; null: the connection breaks instead. */
export interface ServerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As parsed from the wire. Frozen, since all who get the same answer share it. */
  readonly json: unknown;
}

export interface WatchAnswer extends ServerAnswer {
  readonly stream: WatchStream | null;
}

export interface Sender {
  readonly who: string;
  readonly request: number | null;
}

export interface ServerTrouble {
  /** Nobody listens. */
  down: boolean;
  /** etcd has no leader: neither reads nor writes succeed. Reads are never answered from a cache. */
  etcdDown: boolean;
  /** How likely a request is turned away with 429 or 503 and Retry-After. */
  throttles: number;
  /** How likely it is answered with 500, before the write takes effect, after, or long before. */
  fails: number;
  /**
   * How likely a write, or a read, is answered with a 5xx while the other works, and watches do. Of
   * the writes that fail so, this share is stored all the same.
   */
  writesFail: number;
  readsFail: number;
  failedAreStored: number;
  /** What stands between the candidates and the store changes what they write. */
  admission: Admission | null;
  /** How likely a write is answered with a 2xx that does not say it was stored as it was sent. */
  provesNothing: number;
}

/** Every write becomes visible to all at one instant, and a refused one never does. */
export class SimServer {
  readonly trouble: ServerTrouble = {
    down: false,
    etcdDown: false,
    throttles: 0,
    fails: 0,
    writesFail: 0,
    readsFail: 0,
    failedAreStored: 0,
    admission: null,
    provesNothing: 0,
  };
  readonly pods = new PodStore();
  readonly #world: World;
  readonly #random: Random;
  readonly #api: KubernetesApi;
  readonly #parsed = new WeakMap<object, unknown>();
  readonly #count: (fault: string) => void;
  readonly #epochMs: number;
  #lastGet: { revision: number; path: string; answer: ServerAnswer } | null = null;
  readonly #changes: Change[] = [];

  constructor(world: World, random: Random, epochMs: number, count: (fault: string) => void) {
    this.#world = world;
    this.#random = random;
    this.#count = count;
    this.#epochMs = epochMs;
    this.#api = new KubernetesApi({
      now: () => new Date(this.wallMs),
      random: random.next,
      compactAfter: 10,
    });
    this.#api.store.subscribe((change) => {
      this.#changes.push(change);
    });
  }

  /** What its clock shows, and by which it dates what it stores. */
  get wallMs(): number {
    return this.#epochMs + this.#world.now;
  }

  /** Answers when and as the present trouble has it. The last word on a write may come later. */
  receive(
    request: ServerRequest,
    sender: Sender,
    reply: (answer: ServerAnswer | null) => void,
  ): void {
    const { trouble } = this;
    const random = this.#random;
    const commit = (): ServerAnswer | null =>
      this.trouble.down ? null : this.handle(request, sender);
    const later = (ms: number, answer: () => ServerAnswer | null): void => {
      this.#world.after(ms, () => {
        reply(answer());
      });
    };
    if (trouble.down) {
      later(random.between(0.1, 3), () => null);
    } else if (trouble.etcdDown) {
      this.#count('etcd unavailable');
      // What was proposed just before etcd lost its leader may be applied once it has one again.
      if (request.method !== 'GET' && random.chance(0.3)) {
        this.#world.after(random.between(100, 12_000), commit);
      }
      const [status, text] = random.pick(ETCD_ANSWERS);
      later(random.skewed(5, 7000), () => failure(status, text));
    } else if (random.chance(trouble.throttles)) {
      this.#count('429 or 503 with Retry-After');
      const answer = throttled(random);
      later(random.between(0.1, 5), () => answer);
    } else if (random.chance(trouble.fails)) {
      this.#fail(request, commit, later);
    } else if (random.chance(request.method === 'GET' ? trouble.readsFail : trouble.writesFail)) {
      this.#failOneSided(request, commit, later);
    } else if (isUpdate(request) && random.chance(trouble.provesNothing)) {
      later(0, () => (this.trouble.down ? null : this.#proveNothing(request, sender)));
    } else later(0, commit);
  }

  /** A watch, or what is answered instead; null: nobody listens. */
  openWatch(path: string, query: Readonly<Record<string, string>>): WatchAnswer | null {
    const { trouble } = this;
    const random = this.#random;
    if (trouble.down) return null;
    // Watches are served from memory, so that they may open though etcd is away.
    if (trouble.etcdDown && random.chance(0.5))
      return { ...failure(...ETCD_ANSWERS[0]), stream: null };
    if (random.chance(trouble.throttles)) return { ...throttled(random), stream: null };
    if (random.chance(trouble.fails)) return { ...failure(500, SERVER_ERROR), stream: null };
    if (path === PODS_PATH) {
      return { status: 200, headers: {}, json: null, stream: this.pods.watch(query) };
    }
    const answer = this.#api.handle({
      method: 'GET',
      path,
      query: new URLSearchParams(query),
      headers: {},
      body: '',
    });
    if (answer.type === 'watch') return { status: 200, headers: {}, json: null, stream: answer };
    return { status: answer.status, headers: {}, json: answer.body, stream: null };
  }

  /** Does it at once, whatever the trouble. */
  handle(request: ServerRequest, sender: Sender): ServerAnswer {
    if (request.path.startsWith(`${PODS_PATH}/`)) return this.#readPod(request.path);
    const { revision } = this.#api.store;
    // What a GET returns depends on nothing but the store.
    const last = this.#lastGet;
    if (request.method === 'GET' && last?.revision === revision && last.path === request.path) {
      return last.answer;
    }
    const { admission } = this.trouble;
    const isWritten = admission !== null && request.body !== '' && sender.request !== null;
    const answer = this.#api.handle({
      ...request,
      body: isWritten ? admitted(request.body, admission) : request.body,
      query: request.query === undefined ? NO_QUERY : new URLSearchParams(request.query),
      headers: { 'content-type': 'application/json', 'user-agent': sender.who },
    });
    // Here and not in the call that stores: an error of the simulation would be a 500 there.
    for (const change of this.#changes.splice(0)) this.#recordCommit(change, sender);
    if (answer.type === 'watch') throw new Error('A watch is no request of its own');
    const { status, headers, body } = answer;
    const given = { status, headers: this.#headers(headers), json: this.#json(body) };
    if (request.method === 'GET') this.#lastGet = { revision, path: request.path, answer: given };
    return given;
  }

  /** The object as it is, for edits. */
  read(path: string): Json | null {
    const { status, json } = this.handle(
      { method: 'GET', path, body: '' },
      { who: 'edit', request: null },
    );
    return status === 200 ? (json as Json) : null;
  }

  #readPod(path: string): ServerAnswer {
    const pod = this.pods.get(decodeURIComponent(path.slice(PODS_PATH.length + 1)));
    return pod === null
      ? failure(404, 'pods not found')
      : { status: 200, headers: {}, json: asParsed(pod) };
  }

  #recordCommit({ type, revision, object, previous }: Change, { who, request }: Sender): void {
    this.#world.record({
      kind: 'committed',
      t: this.#world.now,
      who,
      request,
      revision,
      before: previous,
      after: type === 'DELETED' ? null : object,
    });
  }

  #fail(
    request: ServerRequest,
    commit: () => ServerAnswer | null,
    later: (ms: number, answer: () => ServerAnswer | null) => void,
  ): void {
    const random = this.#random;
    const error = failure(500, SERVER_ERROR);
    const when = request.method === 'GET' ? 'before' : random.pick(['before', 'after', 'late']);
    this.#count(`500 ${when === 'before' ? 'without a commit' : 'for a write that commits'}`);
    if (when === 'after') commit();
    if (when === 'late') this.#world.after(random.skewed(20, 15_000), commit);
    later(random.between(0.1, 20), () => error);
  }

  /** As a load balancer or a full disk has it: the other kind of request works. */
  #failOneSided(
    { method }: ServerRequest,
    commit: () => ServerAnswer | null,
    later: (ms: number, answer: () => ServerAnswer | null) => void,
  ): void {
    const random = this.#random;
    if (method === 'GET') this.#count('5xx for a read');
    else if (random.chance(this.trouble.failedAreStored)) {
      this.#count('5xx for a write that is stored');
      if (random.chance(0.8)) commit();
      else this.#world.after(random.skewed(20, 3000), commit);
    } else this.#count('5xx for a write that is not stored');
    const [status, text] = random.pick(ETCD_ANSWERS);
    later(random.skewed(1, 500), () => failure(status, text));
  }

  /** A 2xx answer, though nothing was stored, or the record in another's name. */
  #proveNothing(request: ServerRequest, sender: Sender): ServerAnswer {
    const { body, path } = request;
    switch (this.#random.pick(['echo', 'present', 'another'])) {
      case 'echo':
        this.#count('2xx for a write that is not stored');
        return { status: 200, headers: {}, json: asParsed(JSON.parse(body)) };
      case 'present': {
        const present = this.read(path);
        if (present === null || looksStored(body, present)) return this.handle(request, sender);
        this.#count('2xx with what was there before');
        return { status: 200, headers: {}, json: present };
      }
      default:
        this.#count("2xx for a write stored in another's name");
        return this.handle(
          { ...request, body: admitted(body, { kind: 'holder', holder: 'somebody-else' }) },
          sender,
        );
    }
  }

  #headers(headers: Readonly<Record<string, string | readonly string[]>>): Record<string, string> {
    const lower: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) lower[name.toLowerCase()] = String(value);
    return lower;
  }

  #json(body: unknown): unknown {
    if (typeof body !== 'object' || body === null) return undefined;
    let json = this.#parsed.get(body);
    if (json === undefined) {
      json = asParsed(body);
      this.#parsed.set(body, json);
    }
    return json;
  }
}

/** What `JSON.parse(JSON.stringify(body))` gives, in a third of the time, and frozen. */
function asParsed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((one) => asParsed(one) ?? null));
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner !== undefined) copy[key] = asParsed(inner);
  }
  return Object.freeze(copy);
}

/** One that is meant. */
function isUpdate({ method, query }: ServerRequest): boolean {
  return method === 'PUT' && query?.['dryRun'] === undefined;
}

const NO_QUERY = new URLSearchParams();

const ETCD_ANSWERS = [
  [500, 'etcdserver: request timed out'],
  [500, 'etcdserver: no leader'],
  [503, 'the server is currently unable to handle the request'],
  [504, 'the server was unable to return a response in the time allotted'],
] as const;

const SERVER_ERROR = 'an error on the server has prevented the request from succeeding';

function throttled(random: Random): ServerAnswer {
  return failure(random.pick([429, 503]), 'please try again later', random.int(1, 6));
}

function failure(status: number, message: string, retryAfterSeconds?: number): ServerAnswer {
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message,
    code: status,
    ...details,
  };
  const retry: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return { status, headers: retry, json: body };
}
