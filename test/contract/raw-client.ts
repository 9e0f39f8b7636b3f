import { type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

import type { Target, UserName } from './target.js';

/** Any object or Status of the API, as far as the cases look inside. */
export interface Document {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly managedFields?: readonly ManagedFields[];
    readonly continue?: string;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly items: readonly Document[];
  readonly message: string;
}

export interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: string;
  readonly fieldsV1: Readonly<Record<string, unknown>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body parsed, where it is JSON. */
  readonly body: Document;
  readonly text: string;
}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the user's own; the empty one sends none. */
  readonly token?: string;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Document;
}

/** Plain requests of one user, each on a connection of its own, with nothing done for the caller. */
export class RawClient {
  readonly #target: Pick<Target, 'url' | 'ca' | 'token'>;
  readonly #user: UserName;

  constructor(target: Pick<Target, 'url' | 'ca' | 'token'>, user: UserName) {
    this.#target = target;
    this.#user = user;
  }

  /** A body that is a string is sent as it is, anything else as JSON. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    options: RequestOptions = {},
  ): Promise<Reply> {
    const response = await this.#open(method, path, body, options);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: parse(text),
      text,
    };
  }

  /** A watch that the server has granted. @throws Error when it has not */
  async watch(
    path: string,
    query: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Watch> {
    const options = { query: { watch: 'true', ...query }, headers };
    const response = await this.#open('GET', path, undefined, options);
    if (response.statusCode !== 200) {
      response.destroy();
      throw new Error(`The watch got ${String(response.statusCode)}`);
    }
    return new Watch(response);
  }

  #open(
    method: string,
    path: string,
    body: unknown,
    { query = {}, headers = {}, token = this.#target.token(this.#user) }: RequestOptions,
  ): Promise<IncomingMessage> {
    const url = new URL(path, this.#target.url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const sent = {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(payload === undefined
        ? {}
        : {
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(payload)),
          }),
      ...headers,
    };
    const secure = url.protocol === 'https:';
    const tls = secure && this.#target.ca !== undefined ? { ca: this.#target.ca } : {};
    return new Promise((resolve, reject) => {
      const open = secure ? httpsRequest : httpRequest;
      const request = open(url, { method, headers: sent, agent: false, ...tls }, resolve);
      request.once('error', reject);
      request.end(payload);
    });
  }
}

function parse(text: string): Document {
  try {
    return JSON.parse(text) as Document;
  } catch {
    return {} as Document;
  }
}

/** The events of one watch, in order. */
export class Watch {
  readonly #response: IncomingMessage;
  readonly #events: AsyncIterator<WatchEvent>;
  #isClosed = false;

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.#events = eventsOf(response, () => this.#isClosed);
  }

  /** The next event; null when the server has ended the watch. */
  async next(): Promise<WatchEvent | null> {
    const { done, value } = await this.#events.next();
    return done === true ? null : value;
  }

  /** The next events, that many. */
  async take(count: number): Promise<WatchEvent[]> {
    const events: WatchEvent[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (event === null) throw new Error(`The watch ended after ${String(events.length)} events`);
      events.push(event);
    }
    return events;
  }

  close(): void {
    this.#isClosed = true;
    this.#response.destroy();
  }
}

async function* eventsOf(
  response: IncomingMessage,
  isClosed: () => boolean,
): AsyncGenerator<WatchEvent> {
  let rest = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      rest += chunk as string;
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as WatchEvent;
    }
  } catch (error) {
    // An end that the caller has made is no failure.
    if (!isClosed()) throw error;
  }
}
