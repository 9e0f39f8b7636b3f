import type { RequestInfo } from './apiserver/routes.js';
import type { Fault } from './faults.js';

/** One request that the embedded server received. Holds no token and no body. */
export interface LoggedRequest {
  readonly at: Date;
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** Empty where the token is not known. */
  readonly user: string;
  readonly userAgent: string;
  /** Null until an answer has been sent, which after some faults is never. */
  readonly status: number | null;
  readonly fault: Fault['kind'] | null;
}

export type OpenLogEntry = { -readonly [Key in keyof LoggedRequest]: LoggedRequest[Key] };

/** The oldest entries go when there are more. */
const MAX_ENTRIES = 10_000;

export class RequestLog {
  readonly entries: OpenLogEntry[] = [];

  add(
    entry: Pick<LoggedRequest, 'at' | 'method' | 'query' | 'user' | 'userAgent' | 'fault'>,
    { path, verb, resource, namespace, name }: RequestInfo,
  ): OpenLogEntry {
    const added = { ...entry, path, verb, resource, namespace, name, status: null };
    this.entries.push(added);
    if (this.entries.length > MAX_ENTRIES) this.entries.shift();
    return added;
  }
}
