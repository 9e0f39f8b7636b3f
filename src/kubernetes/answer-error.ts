import type { IncomingHttpHeaders } from 'node:http';
import { shorten } from '../text/printable.js';
import { LockError, type LockErrorDetails, type LockErrorKind } from '../errors/lock-error.js';
import { explainForbidden } from './forbidden.js';
import { FROM_KUBECONFIG, type Origin } from './origin.js';
import type { RbacTarget } from './rbac.js';
import { askedWait, parseRetryAfter } from './retry-after.js';

/** What was asked of the API server, in Kubernetes' own terms. */
export interface ApiCall extends RbacTarget {
  readonly verb: 'get' | 'create' | 'update' | 'watch';
  readonly kind: string;
}

/** What it answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body as JSON; undefined when it is not JSON. */
  readonly json: unknown;
  /** `host:port` of the server. */
  readonly address: string;
  /** Why no credentials were sent; null or absent when some were. */
  readonly withoutCredentials?: string | null;
  /** Where its address and our credentials come from. Default: a kubeconfig. */
  readonly origin?: Origin;
}

/** The fields of a Kubernetes `Status` object that are used. */
interface Status {
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly kind: string | undefined;
  readonly causes: readonly string[];
  readonly retryAfterMs: number | undefined;
}

/** For messages, such as `Lease production/data-processor`. */
export function subjectOf({ kind, namespace, name }: ApiCall): string {
  return `${kind} ${namespace}/${name}`;
}

/** Turns an answer other than 2xx into an error that says what to do. */
export function answerError(call: ApiCall, answer: ApiAnswer): LockError {
  const status = readStatus(answer.json);
  const [kind, text] = explain(call, answer, status);
  const details: LockErrorDetails = {
    kind,
    status: answer.status,
    reason: status?.reason,
    retryAfterMs: retryAfterMs(answer, status),
  };
  return new LockError(text, details);
}

/** An answer of 2xx whose body is not the object that was asked for. */
export function unusableAnswer(call: ApiCall, answer: ApiAnswer, what: string): LockError {
  return new LockError(
    `${subjectOf(call)}: the server at ${answer.address} answered HTTP ${answer.status} with ` +
      `${what}. Is it a Kubernetes API server, and its URL complete?`,
    { kind: 'serverError', status: answer.status },
  );
}

type Explained = readonly [LockErrorKind, string];

function explain(call: ApiCall, answer: ApiAnswer, status: Status | null): Explained {
  const subject = subjectOf(call);
  const { whereServer } = originOf(answer);
  const said = `HTTP ${answer.status}${status?.reason === undefined ? '' : ` ${status.reason}`}`;
  const because = status?.message === undefined ? '' : `: ${status.message}`;
  switch (answer.status) {
    case 401:
      return [
        'unauthorized',
        `${subject}: the API server at ${answer.address} refused the credentials (${said}). ` +
          whyUnauthorized(answer),
      ];
    case 403:
      return ['forbidden', describeForbidden(call, answer, said, status)];
    case 404:
      return explainNotFound(call, answer, said, status);
    case 408:
      return ['timeout', `${subject}: the API server timed out (${said})${because}`];
    case 409:
      return explainConflict(call, said, status);
    case 429:
      return [
        'throttled',
        `${subject}: the API server asks to come back later (${said})${because}`,
      ];
    default:
      break;
  }
  if (answer.status >= 500) {
    const what = status === null ? ` with ${describeBody(answer)}` : because;
    return [
      'serverError',
      `${subject}: the API server at ${answer.address} failed (${said})${what}`,
    ];
  }
  if (answer.status >= 400) {
    // A server that expects TLS answers plain http with 400.
    const what =
      status === null
        ? `, with ${describeBody(answer)}: check ${whereServer('the scheme and path of')}.`
        : because;
    return ['invalid', `${subject}: the API server refuses this ${call.verb} (${said})${what}`];
  }
  return [
    'invalid',
    `${subject}: the server at ${answer.address} answered ${said} instead of the object. Redirects ` +
      `are not followed: check ${whereServer()}.`,
  ];
}

function originOf({ origin = FROM_KUBECONFIG }: ApiAnswer): Origin {
  return origin;
}

function whyUnauthorized(answer: ApiAnswer): string {
  const { withoutCredentials = null } = answer;
  if (withoutCredentials !== null) return `None were sent: ${withoutCredentials}.`;
  const { isPod, name } = originOf(answer);
  return isPod
    ? `The token of ${name} has expired, or belongs to another cluster or to a deleted account.`
    : 'The token or client certificate is missing, has expired, or belongs to another cluster.';
}

function describeForbidden(
  call: ApiCall,
  answer: ApiAnswer,
  said: string,
  status: Status | null,
): string {
  const subject = subjectOf(call);
  if (status === null) {
    return (
      `${subject}: something at ${answer.address} forbids this ${call.verb} (${said}), with ` +
      `${describeBody(answer)}. Check ${originOf(answer).whereServer()}, and what is in between.`
    );
  }
  const { message = '', causes } = status;
  const { withoutCredentials = null } = answer;
  return explainForbidden({ call, subject, said, message, causes, withoutCredentials });
}

function explainNotFound(
  call: ApiCall,
  answer: ApiAnswer,
  said: string,
  status: Status | null,
): Explained {
  const subject = subjectOf(call);
  if (status?.reason !== 'NotFound') {
    // A load balancer's word, or a path that the server does not know. It must not be taken for
    // the API server saying that the object is gone.
    return [
      'serverError',
      `${subject}: ${call.verb} was answered ${said} by something at ${answer.address} that does ` +
        `not know this API (${describeBody(answer)}). ` +
        `Check ${originOf(answer).whereServer('the path in')}.`,
    ];
  }
  const namespaceMissing =
    status.kind === 'namespaces' || /^namespaces? "[^"]*" not found/.test(status.message ?? '');
  if (namespaceMissing || call.verb === 'create') {
    return [
      'invalid',
      `${subject}: namespace "${call.namespace}" does not exist (${said}). Create it with ` +
        `\`kubectl create namespace ${call.namespace}\`, or set the lock's namespace.`,
    ];
  }
  return ['notFound', `${subject} does not exist (${said}).`];
}

function explainConflict(call: ApiCall, said: string, status: Status | null): Explained {
  const subject = subjectOf(call);
  if (call.verb !== 'create') {
    return [
      'conflict',
      `${subject} has changed since it was read: somebody else wrote first, or deleted it (${said}).`,
    ];
  }
  if (status === null || status.reason === 'AlreadyExists') {
    return ['conflict', `${subject} exists already: somebody else created it first (${said}).`];
  }
  // Such as a resource quota that many writers update at once: it says nothing about our object.
  const because = status.message === undefined ? '' : `: ${status.message}`;
  return ['throttled', `${subject}: the API server was too busy to create it (${said})${because}`];
}

const MAX_MESSAGE = 400;

function readStatus(json: unknown): Status | null {
  if (typeof json !== 'object' || json === null) return null;
  const { kind, reason, message, details } = json as Record<string, unknown>;
  if (kind !== 'Status') return null;
  const {
    kind: detailKind,
    causes,
    retryAfterSeconds,
  } = (details ?? {}) as Record<string, unknown>;
  return {
    reason: typeof reason === 'string' && reason !== '' ? reason.slice(0, 60) : undefined,
    message: typeof message === 'string' && message !== '' ? oneLine(message) : undefined,
    kind: typeof detailKind === 'string' ? detailKind : undefined,
    causes: Array.isArray(causes)
      ? causes.map((cause) => String((cause as { reason?: unknown } | null)?.reason))
      : [],
    retryAfterMs:
      typeof retryAfterSeconds === 'number' ? askedWait(retryAfterSeconds * 1000) : undefined,
  };
}

function oneLine(message: string): string {
  return shorten(message.replace(/\s+/g, ' ').trim(), MAX_MESSAGE);
}

function retryAfterMs({ headers }: ApiAnswer, status: Status | null): number | undefined {
  return (
    parseRetryAfter(headers['retry-after']) ??
    (status?.retryAfterMs === 0 ? undefined : status?.retryAfterMs)
  );
}

/** What came instead of a Status. Its text is not shown: it is not the API server's. */
function describeBody({ headers }: ApiAnswer): string {
  const type = headers['content-type']?.split(';')[0]?.trim();
  return type === undefined || !/^[\w.+/-]{1,60}$/.test(type)
    ? 'an answer that is not a Kubernetes Status'
    : `a ${type} answer that is not a Kubernetes Status`;
}
