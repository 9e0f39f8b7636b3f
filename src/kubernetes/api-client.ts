import type { IncomingMessage } from 'node:http';
import { LockError } from '../errors/lock-error.js';
import { joinAgent, type PooledAgent } from './agents.js';
import {
  DEFAULT_TIMEOUT_MS,
  givenUp,
  payload,
  subject,
  target,
  type ApiRequest,
  type ApiResponse,
  type ApiStream,
} from './api-request.js';
import { Credentials } from './credentials.js';
import { pluginCommand, type ConnectionSettings } from './connection-settings.js';
import { Deadline } from './deadline.js';
import { ExchangeError, readBody, send } from './exchange.js';
import type { KubeConfigLike } from './kube-config.js';
import { networkError } from './network-error.js';
import { bareError, safeReason, scrub } from './safe-reason.js';

/** Many times what a Lease or ConfigMap can weigh in etcd. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

interface Attempt<T> {
  readonly result: T;
  readonly settings: ConnectionSettings;
}

/**
 * Requests to the API server of one kubeconfig over kept-alive connections, with its present
 * credentials. Any HTTP answer is a result here; an error means that there was none.
 */
export class ApiClient {
  readonly #kubeConfig: KubeConfigLike;
  readonly #credentials: Credentials;
  #agent: PooledAgent | null = null;

  constructor(kubeConfig: KubeConfigLike) {
    this.#kubeConfig = kubeConfig;
    this.#credentials = new Credentials(kubeConfig);
  }

  /** @throws LockError of kind `network`, `timeout`, `aborted`, `credentials` or `serverError` */
  async request(request: ApiRequest): Promise<ApiResponse> {
    const deadline = new Deadline(request.timeoutMs ?? DEFAULT_TIMEOUT_MS, request.signal);
    try {
      const first = await this.#attempt(request, deadline, false, readAll);
      if (first.result.status !== 401) return first.result;
      // The credentials may have been replaced since they were read. A refused request was not
      // carried out, so that even a write can be sent again; once, and only if they have changed.
      this.#credentials.invalidate(first.settings);
      const present = await this.#settings(request, deadline);
      if (!haveChanged(first.settings, present)) return first.result;
      return (await this.#attempt(request, deadline, false, readAll)).result;
    } finally {
      deadline.dispose();
    }
  }

  /**
   * Like {@link request}, but resolves when the answer begins: `timeoutMs` counts up to there,
   * while `signal` stays in force until the body has ended.
   */
  async stream(request: ApiRequest): Promise<ApiStream> {
    const deadline = new Deadline(request.timeoutMs ?? DEFAULT_TIMEOUT_MS, request.signal);
    try {
      const { result } = await this.#attempt(request, deadline, true, (body, settings) => {
        deadline.stopClock();
        body.once('close', () => {
          deadline.dispose();
        });
        if (body.statusCode === 401) this.#credentials.invalidate(settings);
        const clean = (text: string): string => scrub(text, settings.secrets);
        return Promise.resolve({ ...head(body, settings), body, scrub: clean });
      });
      return result;
    } catch (error) {
      deadline.dispose();
      throw error;
    }
  }

  /** Lets go of its connections, once what is under way has ended. */
  close(): void {
    this.#agent?.leave();
    this.#agent = null;
  }

  async #attempt<T>(
    request: ApiRequest,
    deadline: Deadline,
    streaming: boolean,
    read: (response: IncomingMessage, settings: ConnectionSettings) => Promise<T>,
  ): Promise<Attempt<T>> {
    const settings = await this.#settings(request, deadline);
    const agent = this.#agentFor(settings, request);
    const done = agent.begin();
    let hasTurn = false;
    let streamTaken = false;
    try {
      if (!streaming) {
        const turn = agent.turns.take(request.method !== 'GET', deadline);
        if (turn !== null) await turn;
        hasTurn = true;
      }
      const take = (response: IncomingMessage): Promise<T> => {
        if (streaming) {
          streamTaken = true;
          response.once('close', done);
        }
        return read(response, settings);
      };
      const once = (): Promise<T> => {
        const { headers, body } = payload(request, settings);
        const exchange = {
          server: settings.server,
          method: request.method,
          target: target(request),
          headers,
          body,
          agent: streaming ? agent.streams : agent.requests,
          deadline,
          isStream: streaming,
        };
        return send(exchange, take);
      };
      return { result: await retryIfStale(request, agent, deadline, once), settings };
    } catch (error) {
      // The other idle connections run along the same path as the one that just failed.
      agent.closeIdle();
      throw this.#failure(request, deadline, settings, error);
    } finally {
      if (hasTurn) agent.turns.pass();
      if (!streamTaken) done();
    }
  }

  async #settings(request: ApiRequest, deadline: Deadline): Promise<ConnectionSettings> {
    try {
      if (deadline.givenUp !== null) throw new Error('given up');
      return this.#credentials.known ?? (await deadline.race(this.#credentials.read()));
    } catch (error) {
      if (deadline.givenUp === 'aborted') throw givenUp(request, deadline);
      if (deadline.givenUp === 'timeout') throw this.#credentialsTooLate(request, deadline);
      if (!(error instanceof LockError)) {
        throw new LockError(
          `${subject(request)}: the kubeconfig failed with ${safeReason(error)}.`,
          {
            kind: 'credentials',
          },
        );
      }
      throw new LockError(`${subject(request)}: ${error.message}`, { kind: error.kind });
    }
  }

  #credentialsTooLate(request: ApiRequest, { timeoutMs }: Deadline): LockError {
    const command = pluginCommand(this.#kubeConfig.getCurrentUser());
    const who = command === null ? 'kubeconfig' : `credential plugin ${JSON.stringify(command)}`;
    return new LockError(
      `${subject(request)}: the ${who} gave no credentials within ${timeoutMs} ms; nothing was sent.`,
      { kind: 'credentials' },
    );
  }

  /** The shared connections for these settings; those for the settings before are let go. */
  #agentFor(settings: ConnectionSettings, request: ApiRequest): PooledAgent {
    if (this.#agent?.key === settings.agentKey) return this.#agent;
    let joined: PooledAgent;
    try {
      joined = joinAgent(settings);
    } catch (error) {
      throw new LockError(`${subject(request)}: no connection can be set up.`, {
        kind: 'credentials',
        cause: bareError(error, settings.secrets),
      });
    }
    this.#agent?.leave();
    this.#agent = joined;
    return joined;
  }

  #failure(
    request: ApiRequest,
    deadline: Deadline,
    settings: ConnectionSettings,
    error: unknown,
  ): LockError {
    if (deadline.givenUp !== null) return givenUp(request, deadline, settings.address);
    if (error instanceof ExchangeError) return networkError(subject(request), settings, error);
    // Node refuses certificates or keys that it cannot parse before anything is sent.
    return new LockError(
      `${subject(request)}: no connection to ${settings.address} can be set up from the ` +
        "kubeconfig's certificate, key or CA: one of them cannot be used.",
      { kind: 'credentials', cause: bareError(error, settings.secrets) },
    );
  }
}

/** What locks and watches need of an {@link ApiClient}. */
export type ApiTransport = Pick<ApiClient, 'request' | 'stream'>;

const clients = new WeakMap<KubeConfigLike, ApiTransport>();

/** For tests: requests of locks that are given this kubeconfig go to this client. */
export function useClient(kubeConfig: KubeConfigLike, client: ApiTransport): void {
  clients.set(kubeConfig, client);
}

/** One client for each kubeconfig object, shared by all locks that were given it. */
export function clientFor(kubeConfig: KubeConfigLike): ApiTransport {
  let client = clients.get(kubeConfig);
  if (client === undefined) {
    client = new ApiClient(kubeConfig);
    clients.set(kubeConfig, client);
  }
  return client;
}

/**
 * A server may close an idle connection at the very moment it is used again. A read is then
 * repeated on a fresh one; a write is not, because it may have been carried out.
 */
async function retryIfStale<T>(
  request: ApiRequest,
  agent: PooledAgent,
  deadline: Deadline,
  once: () => Promise<T>,
): Promise<T> {
  try {
    return await once();
  } catch (error) {
    const stale =
      error instanceof ExchangeError &&
      error.reusedSocket &&
      !error.answered &&
      (error.code === 'ECONNRESET' || error.code === 'EPIPE');
    if (!stale || request.method !== 'GET' || deadline.givenUp !== null) throw error;
    agent.closeIdle();
    return once();
  }
}

async function readAll(
  response: IncomingMessage,
  settings: ConnectionSettings,
): Promise<ApiResponse> {
  const text = await readBody(response, MAX_BODY_BYTES);
  const answer = head(response, settings);
  // Nothing that the server sends back with an error can carry our own credentials into a message.
  return { ...answer, json: parse(answer.status < 300 ? text : scrub(text, settings.secrets)) };
}

function head(
  response: IncomingMessage,
  { address }: ConnectionSettings,
): Omit<ApiResponse, 'json'> {
  return { status: response.statusCode ?? 0, headers: response.headers, address };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function haveChanged(before: ConnectionSettings, now: ConnectionSettings): boolean {
  return (
    before.agentKey !== now.agentKey ||
    JSON.stringify(before.headers) !== JSON.stringify(now.headers)
  );
}
