import { oneOf } from './apiserver/access.js';
import type { RequestInfo } from './apiserver/routes.js';

/** Which requests a fault is for. Each field that is given has to fit. */
export interface FaultMatch {
  /** `GET`, `POST`, `PUT`, `PATCH`, `DELETE`. */
  readonly method?: string | readonly string[] | undefined;
  /** The whole path without its query, or a pattern for it. */
  readonly path?: string | RegExp | undefined;
  readonly user?: string | readonly string[] | undefined;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb?: string | readonly string[] | undefined;
  readonly resource?: string | readonly string[] | undefined;
  readonly namespace?: string | readonly string[] | undefined;
  readonly name?: string | readonly string[] | undefined;
  /** Only the n-th of the requests that fit, counted from 1 when the fault was added. */
  readonly nth?: number | undefined;
}

/**
 * What goes wrong. `when` says on which side of the store it happens: `beforeCommit` (the default)
 * means that nothing has been read or written yet, `afterCommit` that a write has been stored and
 * only its answer is late or lost.
 */
export type Fault =
  /** The request is held up, then served even if its sender has given up meanwhile. */
  | { readonly kind: 'delay'; readonly ms: number; readonly when?: 'beforeCommit' | 'afterCommit' }
  /** No answer ever comes; the connection stays open. */
  | { readonly kind: 'hang'; readonly when?: 'beforeCommit' | 'afterCommit' }
  /** The connection is reset before anything happens. */
  | { readonly kind: 'reset' }
  /** The request is served, and the connection ends without its answer. */
  | { readonly kind: 'dropAfterCommit' }
  /**
   * This answer instead, with nothing stored. Without a `body`, it is a Status as the API server
   * sends it; a string is sent as plain text.
   */
  | {
      readonly kind: 'status';
      readonly status: number;
      /** Goes into the `Retry-After` header and the Status' details. */
      readonly retryAfterSeconds?: number | undefined;
      readonly body?: unknown;
    };

export interface FaultRule {
  /** Default: every request. */
  readonly match?: FaultMatch | undefined;
  /** How often it strikes. Default: until it is taken back. */
  readonly times?: number | undefined;
  readonly fault: Fault;
}

/** A request as faults see it. */
export interface FaultTarget {
  readonly method: string;
  readonly user: string;
  readonly info: RequestInfo;
}

/** The faults in force. Of several that fit a request, the one added first strikes. */
export class FaultRules {
  readonly #rules: (FaultRule & { seen: number; struck: number })[] = [];

  /** Returns how to take the fault back. */
  add(rule: FaultRule): () => void {
    const active = { ...rule, seen: 0, struck: 0 };
    this.#rules.push(active);
    return () => {
      const index = this.#rules.indexOf(active);
      if (index >= 0) this.#rules.splice(index, 1);
    };
  }

  /** Takes all faults back. */
  clear(): void {
    this.#rules.length = 0;
  }

  /**
   * The fault that strikes this request, which counts as one of the rule's `times`.
   *
   * @internal
   */
  next(target: FaultTarget): Fault | null {
    for (const rule of this.#rules) {
      if (rule.struck >= (rule.times ?? Infinity)) continue;
      if (!fits(rule.match ?? {}, target)) continue;
      rule.seen += 1;
      if (rule.match?.nth !== undefined && rule.seen !== rule.match.nth) continue;
      rule.struck += 1;
      return rule.fault;
    }
    return null;
  }
}

function fits(match: FaultMatch, { method, user, info }: FaultTarget): boolean {
  return (
    oneOf(match.method, method) &&
    oneOf(match.user, user) &&
    oneOf(match.verb, info.verb) &&
    oneOf(match.resource, info.resource) &&
    oneOf(match.namespace, info.namespace) &&
    oneOf(match.name, info.name) &&
    pathFits(match.path, info.path)
  );
}

function pathFits(wanted: string | RegExp | undefined, path: string): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === 'string' ? wanted === path : new RegExp(wanted).test(path);
}
