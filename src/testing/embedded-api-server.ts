import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GuardedServer, type GuardedServerOptions } from '../http/guarded-server.js';
import { type Clock, systemClock } from '../time/clock.js';
import type { AccessMatch } from './apiserver/access.js';
import type { Answer } from './apiserver/call.js';
import { KubernetesApi } from './apiserver/kubernetes-api.js';
import { type ApiRequest, requestInfo } from './apiserver/routes.js';
import type { WatchStream } from './apiserver/watches.js';
import { EmbeddedStore } from './embedded-store.js';
import { answerOf } from './fault-status.js';
import { type Fault, FaultRules } from './faults.js';
import { bodyOf, readRequest, sendHead } from './http-messages.js';
import {
  type KubeConfigObject,
  type KubeConfigOptions,
  kubeConfigObject,
  kubeConfigText,
} from './kube-config.js';
import { type LoggedRequest, type OpenLogEntry, RequestLog } from './request-log.js';
import { WatchStreams } from './watch-streams.js';

export interface EmbeddedApiServerOptions {
  /** Port on 127.0.0.1. Default 0: any that is free. */
  readonly port?: number | undefined;
  /**
   * Bearer tokens, each with its user's name. With it, an unknown token gets 401, and no token is
   * `system:anonymous`, who may do nothing. Default: everyone is let in, as `kubernetes-admin`.
   */
  readonly tokens?: Readonly<Record<string, string>> | undefined;
  /** Namespaces beside `default`, `kube-system` and `kube-public`. */
  readonly namespaces?: readonly string[] | undefined;
  /** How many past changes a watch can start from; 410 beyond. Default 1000. */
  readonly compactAfter?: number | undefined;
  /** Milliseconds between `BOOKMARK` events. Default 60,000, as on a real server. */
  readonly bookmarkIntervalMs?: number | undefined;
  /** The time that the server tells, which need not be that of its clients. Default: `clock`'s. */
  readonly now?: (() => Date) | undefined;
  /**
   * What delays, bookmarks and the ends of watches go by, such as a `VirtualClock`. Default: this
   * machine's.
   */
  readonly clock?: Clock | undefined;
}

const SERVER: GuardedServerOptions = {
  // Candidates keep two each: one for requests, one for a watch.
  maxConnections: 4096,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  // Node's default of five seconds would cut off clients that keep a connection between polls.
  keepAliveTimeoutMs: 90_000,
  // A watch may have nothing to tell for a long time.
  silenceTimeoutMs: 0,
  // Through proxies it is asked by the names of those.
  askedBy: 'any',
};

/**
 * A Kubernetes API server for tests, in this process: Leases, ConfigMaps, Events and Namespaces over
 * plain HTTP on 127.0.0.1. It answers as kube-apiserver 1.37 does, down to the texts of its
 * refusals, but keeps everything in memory and knows no other resources, no TLS, no server-side
 * apply, no JSON patch and no YAML.
 */
export class EmbeddedApiServer implements AsyncDisposable {
  /** Objects, read and written directly. */
  readonly store: EmbeddedStore;
  readonly faults = new FaultRules();
  /** The watches that are open. */
  readonly watches: WatchStreams;

  readonly #api: KubernetesApi;
  readonly #log = new RequestLog();
  readonly #server: GuardedServer;
  readonly #delays = new Set<unknown>();
  readonly #clock: Clock;
  readonly #now: () => Date;

  /** @internal Use `startEmbeddedApiServer`. */
  constructor(options: EmbeddedApiServerOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#now = options.now ?? (() => new Date(this.#clock.now().wallMs));
    this.#api = new KubernetesApi({
      tokens: options.tokens,
      namespaces: options.namespaces,
      compactAfter: options.compactAfter,
      now: this.#now,
      random: () => randomBytes(4).readUInt32BE() / 2 ** 32,
    });
    this.store = new EmbeddedStore(this.#api);
    this.watches = new WatchStreams(options.bookmarkIntervalMs ?? 60_000, this.#clock);
    this.#server = new GuardedServer((request, response) => this.#serve(request, response), SERVER);
  }

  /** `http://127.0.0.1:PORT`. */
  get url(): string {
    return this.#server.url;
  }

  /** The requests received so far, the oldest first; at most 10,000 are kept. */
  get requests(): readonly LoggedRequest[] {
    return this.#log.entries;
  }

  /** The text of a kubeconfig file for this server. Default token: the first one. */
  kubeConfig(options: KubeConfigOptions = {}): string {
    return kubeConfigText(this.url, { token: this.#firstToken(), ...options });
  }

  /** The same for `new KubeConfig().loadFromOptions(…)` of `@kubernetes/client-node`. */
  kubeConfigObject(options: KubeConfigOptions = {}): KubeConfigObject {
    return kubeConfigObject(this.url, { token: this.#firstToken(), ...options });
  }

  /** Lets this token in, as this user. */
  addToken(token: string, user: string): void {
    if (this.#api.tokens === null) {
      throw new Error('This embedded API server was started without tokens and lets everyone in');
    }
    this.#api.tokens.set(token, user);
  }

  /** From now on this token gets 401, as an expired one does. */
  revokeToken(token: string): void {
    this.#api.tokens?.delete(token);
  }

  /** Refuses such requests with 403. The latest rule that fits decides. Returns how to undo it. */
  deny(match: AccessMatch): () => void {
    return this.#api.access.add(match, false);
  }

  /** Makes an exception from an earlier `deny`. Returns how to undo it. */
  allow(match: AccessMatch): () => void {
    return this.#api.access.add(match, true);
  }

  /** Ends all connections, watches and delays, and frees the port. Can be called again. */
  async close(): Promise<void> {
    for (const timer of this.#delays) this.#clock.clearTimeout(timer);
    this.#delays.clear();
    this.watches.closeAll({ abruptly: true });
    await this.#server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal */
  async listen(port: number): Promise<void> {
    await this.#server.listen(port, '127.0.0.1');
  }

  #firstToken(): string | undefined {
    return this.#api.tokens?.keys().next().value;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming);
    if (request === null) return;
    const info = requestInfo(request);
    const user = this.#api.authenticate(request) ?? '';
    const fault = this.faults.next({ method: request.method, user, info });
    const entry = this.#log.add(
      {
        at: this.#now(),
        method: request.method,
        query: request.query.toString(),
        user,
        userAgent: request.headers['user-agent'] ?? '',
        fault: fault?.kind ?? null,
      },
      info,
    );
    if (fault === null) this.#send(this.#api.handle(request), response, entry);
    else await this.#serveFaulty(fault, request, response, entry);
  }

  async #serveFaulty(
    fault: Fault,
    request: ApiRequest,
    response: ServerResponse,
    entry: OpenLogEntry,
  ): Promise<void> {
    switch (fault.kind) {
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'status':
        this.#send(answerOf(fault), response, entry);
        return;
      case 'dropAfterCommit':
        this.#api.handle(request);
        response.socket?.destroy();
        return;
      case 'hang':
        if (fault.when === 'afterCommit') this.#api.handle(request);
        return;
      case 'delay': {
        const answer = fault.when === 'afterCommit' ? this.#api.handle(request) : null;
        await this.#delay(fault.ms);
        this.#send(answer ?? this.#api.handle(request), response, entry);
      }
    }
  }

  /** Never settles when the server is closed first. */
  #delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => {
        this.#delays.delete(timer);
        resolve();
      }, ms);
      this.#delays.add(timer);
    });
  }

  #send(answer: Answer | WatchStream, response: ServerResponse, entry: OpenLogEntry): void {
    if (response.destroyed) return;
    entry.status = answer.type === 'watch' ? 200 : answer.status;
    sendHead(answer, response, this.#now());
    if (answer.type === 'watch') this.watches.carry(answer, response, entry.user);
    else response.end(bodyOf(answer));
  }
}

/** Starts the server and resolves once it accepts connections. */
export async function startEmbeddedApiServer(
  options: EmbeddedApiServerOptions = {},
): Promise<EmbeddedApiServer> {
  const server = new EmbeddedApiServer(options);
  await server.listen(options.port ?? 0);
  return server;
}
