import { Agent, request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

import { accessQuestions, roleAndBinding, type RbacObject } from './api-server-rbac.js';
import type { ApiResponse, RbacRule } from './api-server-types.js';

const DEFAULT_TIMEOUT_MILLIS = 30_000;
const RBAC_TIMEOUT_MILLIS = 10_000;

export interface RequestOptions {
  /** Sent as JSON, unless it is undefined. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the whole exchange. Default: 30 s. */
  readonly timeoutMillis?: number;
}

/** HTTPS requests to one API server, over connections that are kept open. */
export class ApiServerClient {
  readonly #agent: Agent;
  readonly #url: string;

  constructor(url: string, caCertificate: string) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, ca: caCertificate });
  }

  request(
    token: string,
    method: string,
    path: string,
    options: RequestOptions = {},
  ): Promise<ApiResponse> {
    const { body, headers, timeoutMillis = DEFAULT_TIMEOUT_MILLIS } = options;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest(
        new URL(path, this.#url),
        {
          method,
          agent: this.#agent,
          signal: AbortSignal.timeout(timeoutMillis),
          headers: {
            Authorization: `Bearer ${token}`,
            Accept: 'application/json',
            ...(payload === undefined
              ? {}
              : {
                  'Content-Type': 'application/json',
                  // Node announces no body of a DELETE by itself.
                  'Content-Length': Buffer.byteLength(payload),
                }),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            const isJson = response.headers['content-type']?.startsWith('application/json');
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: isJson ? (JSON.parse(text) as unknown) : text,
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }

  /** Closes every connection, so that none keeps this process alive. */
  close(): void {
    this.#agent.destroy();
  }
}

/** @throws Error naming the request and the server's reason, unless the status is one of `wanted` */
export function expectStatus(response: ApiResponse, wanted: readonly number[], what: string): void {
  if (wanted.includes(response.status)) return;
  const { message } = Object(response.body) as { message?: unknown };
  const reason = typeof message === 'string' ? message : 'no reason given';
  throw new Error(`${what}: status ${response.status}, ${reason}`);
}

/** Grants and takes away rights, and waits until the server acts on each change. */
export class RbacAdministrator {
  readonly #client: ApiServerClient;
  readonly #adminToken: string;
  readonly #granted = new Map<string, readonly RbacRule[]>();

  constructor(client: ApiServerClient, adminToken: string) {
    this.#client = client;
    this.#adminToken = adminToken;
  }

  async grant(user: string, namespace: string, rules: readonly RbacRule[]): Promise<void> {
    const { role, binding } = roleAndBinding(user, namespace, rules);
    await this.#put(role);
    await this.#put(binding);
    await this.#settle(user, namespace, rules);
  }

  async revoke(user: string, namespace: string): Promise<void> {
    const { role, binding } = roleAndBinding(user, namespace, []);
    for (const { collection, name } of [binding, role]) {
      const path = `${collection}/${encodeURIComponent(name)}`;
      const response = await this.#client.request(this.#adminToken, 'DELETE', path);
      expectStatus(response, [200, 404], `Deleting ${path}`);
    }
    await this.#settle(user, namespace, []);
  }

  async #put({ collection, name, body }: RbacObject): Promise<void> {
    const path = `${collection}/${encodeURIComponent(name)}`;
    const response = await this.#client.request(this.#adminToken, 'PUT', path, {
      body,
    });
    expectStatus(response, [200, 201], `Writing ${path}`);
  }

  // The authorizer reads roles from a watch, so a change takes effect a moment after its answer.
  async #settle(user: string, namespace: string, rules: readonly RbacRule[]): Promise<void> {
    const key = `${user} ${namespace}`;
    const asked = (of: readonly RbacRule[]) =>
      accessQuestions(user, namespace, of).map((question) => JSON.stringify(question));
    const granted = new Set(asked(rules));
    const withdrawn = asked(this.#granted.get(key) ?? []).filter((one) => !granted.has(one));
    this.#granted.set(key, rules);

    for (const question of granted) await this.#waitForAnswer(question, true);
    // What the user may do everywhere stays allowed in each namespace.
    if (namespace !== '*' && (this.#granted.get(`${user} *`) ?? []).length > 0) return;
    for (const question of withdrawn) await this.#waitForAnswer(question, false);
  }

  async #waitForAnswer(question: string, wanted: boolean): Promise<void> {
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const deadline = performance.now() + RBAC_TIMEOUT_MILLIS;
    for (;;) {
      const body: unknown = JSON.parse(question);
      const response = await this.#client.request(this.#adminToken, 'POST', path, { body });
      expectStatus(response, [201], 'Asking about rights');
      const { allowed } = (response.body as { status: { allowed: boolean } }).status;
      if (allowed === wanted) return;
      if (performance.now() > deadline) {
        throw new Error(`The server does not ${wanted ? 'allow' : 'refuse'} this yet: ${question}`);
      }
      await delay(10);
    }
  }
}
