import { printable } from '../text/printable.js';
import { CLASS_NAME, LeaderElectionError } from './leader-election-error.js';

/**
 * What went wrong with a lock call, in the terms the election acts on.
 *
 * - `notFound`: the object, or its namespace, does not exist (404). An election creates the object
 * - `conflict`: somebody else wrote first (409). Usual at every hand-over
 * - `forbidden`: rights are missing (403): the message contains the Role to apply. Or a webhook, a
 *   policy or a quota says no
 * - `unauthorized`: the token or certificate is not accepted, or has expired (401)
 * - `invalid`: the API server refuses the request as it is (other 4xx). Often the namespace does not
 *   exist; the message says so
 * - `throttled`: asked to come back later (429). That is obeyed, but never past the renew deadline
 * - `serverError`: the API server has failed (5xx)
 * - `network`: the connection failed before a whole answer arrived
 * - `timeout`: no whole answer in time. A request may take half a renew deadline
 * - `aborted`: the caller gave the request up
 * - `credentials`: a token, certificate or plugin could not be had, or the kubeconfig cannot be read;
 *   nothing was sent
 * - `dependency`: `@kubernetes/client-node` is not installed or cannot be loaded; nothing was sent.
 *   No retry can heal that: `run()`, `acquire()` and `lead()` reject with it
 * - `unknown`: a lock of your own threw something else
 */
export type LockErrorKind =
  | 'notFound'
  | 'conflict'
  | 'forbidden'
  | 'unauthorized'
  | 'invalid'
  | 'throttled'
  | 'serverError'
  | 'network'
  | 'timeout'
  | 'aborted'
  | 'credentials'
  | 'dependency'
  | 'unknown';

/** The `code` of an error of this kind: `ERR_LOCK_` and the kind, in capitals. */
export type LockErrorCode<Kind extends LockErrorKind = LockErrorKind> = Kind extends 'notFound'
  ? 'ERR_LOCK_NOT_FOUND'
  : Kind extends 'serverError'
    ? 'ERR_LOCK_SERVER_ERROR'
    : `ERR_LOCK_${Uppercase<Kind>}`;

export interface LockErrorDetails {
  readonly kind: LockErrorKind;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** `reason` of the Kubernetes Status object, such as `AlreadyExists`. */
  readonly reason?: string | undefined;
  /** How long the server asked to wait, in milliseconds (header `Retry-After`). */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Kinds after which the API server has certainly not stored the write. */
const REJECTED: ReadonlySet<LockErrorKind> = new Set<LockErrorKind>([
  'notFound',
  'conflict',
  'forbidden',
  'unauthorized',
  'invalid',
  'throttled',
  'credentials',
  'dependency',
]);

/** A call on a lock failed. The message names the object and says what to do; it holds no secret. */
export class LockError extends LeaderElectionError {
  /** @internal */
  static override readonly [CLASS_NAME] = 'LockError';
  override readonly name: string = 'LockError';
  readonly code: LockErrorCode;
  readonly kind: LockErrorKind;
  // Only declared: what is not known is not there, and is not printed with it either.
  declare readonly status: number | undefined;
  declare readonly reason: string | undefined;
  declare readonly retryAfterMs: number | undefined;

  constructor(message: string, details: LockErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const words = details.kind.replace(/[A-Z]/g, (letter) => `_${letter}`);
    this.code = `ERR_LOCK_${words.toUpperCase()}` as LockErrorCode;
    this.kind = details.kind;
    const { status, reason, retryAfterMs } = details;
    if (status !== undefined) this.status = status;
    if (reason !== undefined) this.reason = printable(reason, { most: 200 });
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
  }

  /**
   * Whether a write that failed like this may have been stored all the same: the request was sent
   * and no answer says otherwise. Such a write is read back before anything is concluded from it.
   */
  get mayHaveCommitted(): boolean {
    return !REJECTED.has(this.kind);
  }

  static from(error: unknown): LockError {
    return lockErrorOf(error);
  }
}

/** Outside the class: one that names itself is built under another name, which is what people see. */
function lockErrorOf(error: unknown): LockError {
  if (error instanceof LockError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new LockError(`The lock failed: ${message}`, { kind: 'unknown', cause: error });
}
