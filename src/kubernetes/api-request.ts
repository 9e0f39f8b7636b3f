import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { LockError } from '../errors/lock-error.js';
import type { ConnectionSettings } from './connection-settings.js';
import type { RequestHeaders } from './credential-headers.js';
import type { Deadline } from './deadline.js';
import type { Origin } from './origin.js';
import { USER_AGENT } from './version.js';

/** Applies to a request that sets no limit of its own. */
export const DEFAULT_TIMEOUT_MS = 10_000;

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the server's own path, with a leading slash, already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Aborting destroys the connection at once. The request may have been carried out. */
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds, from the call to the whole answer. Default {@link DEFAULT_TIMEOUT_MS}. */
  readonly timeoutMs?: number | undefined;
  /** The form in which the answer is wanted. Default: JSON, the whole object. */
  readonly accept?: string | undefined;
  /** Is told of the request's progress, in an object that changes as it goes on. */
  readonly begun?: ((progress: Progress) => void) | undefined;
  /** Nothing waits for it: it goes over a connection of its own, and delays no other request. */
  readonly isAside?: boolean | undefined;
  /** What an error message begins with. Default: method and path. */
  readonly subject?: string | undefined;
}

/** How far a request has come. */
export type Progress = Pick<Deadline, 'waitsFor'>;

export interface ApiResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body as JSON; undefined when it is empty or not JSON. */
  readonly json: unknown;
  /** `host:port` of the server, for messages. */
  readonly address: string;
  /** Why no credentials were sent; null or absent when some were. */
  readonly withoutCredentials?: string | null;
  /** Where its address and our credentials come from. Default: a kubeconfig. */
  readonly origin?: Origin;
}

export interface ApiStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body, still arriving. Destroy it, or abort the request's signal, to let go. */
  readonly body: IncomingMessage;
  readonly address: string;
  readonly withoutCredentials?: string | null;
  /** Where its address and our credentials come from. Default: a kubeconfig. */
  readonly origin?: Origin;
  /** Takes our own credentials out of what the server says, before it goes into a message. */
  readonly scrub: (text: string) => string;
}

export function target({ path, query }: ApiRequest): string {
  const search = new URLSearchParams(query).toString();
  return search === '' ? path : `${path}?${search}`;
}

export function payload(
  request: ApiRequest,
  settings: ConnectionSettings,
): { headers: RequestHeaders; body: string | undefined } {
  const headers: RequestHeaders = {
    Accept: request.accept ?? 'application/json',
    'User-Agent': USER_AGENT,
    ...settings.headers,
  };
  if (request.body === undefined) return { headers, body: undefined };
  const body = JSON.stringify(request.body);
  headers['Content-Type'] = 'application/json';
  headers['Content-Length'] = String(Buffer.byteLength(body));
  return { headers, body };
}

export function givenUp(
  request: Partial<ApiRequest>,
  deadline: Deadline,
  address?: string,
): LockError {
  if (deadline.givenUp === 'aborted') {
    return new LockError(`${subject(request)}: the request was aborted.`, { kind: 'aborted' });
  }
  const server = address === undefined ? 'the API server' : `the API server at ${address}`;
  const time = request.signal?.aborted === true ? 'in time' : `within ${deadline.timeoutMs} ms`;
  if (deadline.waitsFor !== null) {
    return new LockError(
      `${subject(request)}: nothing was sent ${time}: it still waited for ${deadline.waitsFor}.`,
      { kind: 'timeout' },
    );
  }
  return new LockError(`${subject(request)}: no whole answer from ${server} ${time}.`, {
    kind: 'timeout',
  });
}

export function subject({ subject: named, method, path }: Partial<ApiRequest>): string {
  return named ?? `${method ?? ''} ${path ?? ''}`;
}
