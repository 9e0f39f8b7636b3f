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
import { Credentials, haveChanged } from './credentials.js';
import { connectionTo, type ConnectionSettings } from './connection-settings.js';
import { Deadline } from './deadline.js';
import { ExchangeError, readBody, send } from './exchange.js';
import { pluginCommand } from './exec-plugin.js';
import type { KubeConfigLike } from './kube-config.js';
import { originOf } from './origin.js';
import { networkError } from './network-error.js';
import { parseJson } from './parse-json.js';
import { bareError, safeReason, scrub } from './safe-reason.js';
import { retryIfStale } from './stale-connection.js';

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
  readonly #join: typeof joinAgent;
  #agent: PooledAgent | null = null;

  /** @param join how to get at its connections; tests have some of their own */
  constructor(kubeConfig: KubeConfigLike, join: typeof joinAgent = joinAgent) {
    this.#kubeConfig = kubeConfig;
    this.#join = join;
    this.#credentials = new Credentials(kubeConfig);
  }

  /** @throws LockError of kind `network`, `timeout`, `aborted`, `credentials` or `serverError` */
  async request(request: ApiRequest): Promise<ApiResponse> {
    const deadline = new Deadline(request.timeoutMs ?? DEFAULT_TIMEOUT_MS, request.signal);
    request.begun?.(deadline);
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

  /** Where requests go, as far as it is known: for a process that ends. */
  get lastSettings(): ConnectionSettings | null {
    return this.#credentials.last;
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
    const isAside = request.isAside === true;
    const turns = isAside ? agent.asideTurns : agent.turns;
    const requests = isAside ? agent.asides : agent.requests;
    const done = agent.begin();
    let hasTurn = false;
    let streamTaken = false;
    try {
      if (!streaming) {
        deadline.waitsFor = 'its turn behind other requests of this process';
        const turn = turns.take(request.method !== 'GET', deadline);
        if (turn !== null) await turn;
        hasTurn = true;
      }
      deadline.waitsFor = connectionTo(settings);
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
          agent: streaming ? agent.streams : requests,
          deadline,
          isStream: streaming,
        };
        return send(exchange, take);
      };
      // A connection that is still being set up need not notice that nobody waits for it.
      const result = await deadline.race(retryIfStale(request, agent, deadline, once));
      return { result, settings };
    } catch (error) {
      // The other idle connections run along the same path as the one that just failed.
      if (!isAside) agent.closeIdle();
      throw this.#failure(request, deadline, settings, error);
    } finally {
      if (hasTurn) turns.pass();
      if (!streamTaken) done();
    }
  }

  async #settings(request: ApiRequest, deadline: Deadline): Promise<ConnectionSettings> {
    try {
      if (deadline.givenUp !== null) throw new Error('given up');
      const { known } = this.#credentials;
      if (known !== null) return known;
      deadline.waitsFor = `credentials from ${this.#whoGivesCredentials}`;
      return await deadline.race(this.#credentials.read());
    } catch (error) {
      if (deadline.givenUp === 'aborted') throw givenUp(request, deadline);
      if (deadline.givenUp === 'timeout') throw this.#credentialsTooLate(request, deadline);
      if (!(error instanceof LockError)) {
        throw new LockError(
          `${subject(request)}: ${originOf(this.#kubeConfig).name} failed with ${safeReason(error)}.`,
          {
            kind: 'credentials',
          },
        );
      }
      throw new LockError(`${subject(request)}: ${error.message}`, { kind: error.kind });
    }
  }

  get #whoGivesCredentials(): string {
    const command = pluginCommand(this.#kubeConfig.getCurrentUser());
    return command === null
      ? originOf(this.#kubeConfig).name
      : `the credential plugin ${JSON.stringify(command)}`;
  }

  #credentialsTooLate(request: ApiRequest, { timeoutMs }: Deadline): LockError {
    return new LockError(
      `${subject(request)}: ${this.#whoGivesCredentials} gave no credentials within ${timeoutMs} ms; ` +
        'nothing was sent.',
      { kind: 'credentials' },
    );
  }

  /** The shared connections for these settings; those for the settings before are let go. */
  #agentFor(settings: ConnectionSettings, request: ApiRequest): PooledAgent {
    if (this.#agent?.key === settings.agentKey) return this.#agent;
    let joined: PooledAgent;
    try {
      joined = this.#join(settings);
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
        `certificate, key or CA of ${settings.origin.name}: one of them cannot be used.`,
      { kind: 'credentials', cause: bareError(error, settings.secrets) },
    );
  }
}

/** What locks and watches need of an {@link ApiClient}. */
export type ApiTransport = Pick<ApiClient, 'request' | 'stream'> &
  Partial<Pick<ApiClient, 'lastSettings'>>;

async function readAll(
  response: IncomingMessage,
  settings: ConnectionSettings,
): Promise<ApiResponse> {
  const text = await readBody(response, MAX_BODY_BYTES);
  const answer = head(response, settings);
  // Nothing that the server sends back with an error can carry our own credentials into a message.
  return { ...answer, json: parseJson(answer.status < 300 ? text : scrub(text, settings.secrets)) };
}

function head(
  response: IncomingMessage,
  { address, withoutCredentials, origin }: ConnectionSettings,
): Omit<ApiResponse, 'json'> {
  const { statusCode: status = 0, headers } = response;
  return { status, headers, address, withoutCredentials, origin };
}
