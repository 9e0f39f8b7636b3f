import { LockError } from '../../errors/lock-error.js';
import type { Clock } from '../../time/clock.js';
import { answerError, type ApiCall } from '../answer-error.js';
import type { ApiTransport } from '../api-client.js';
import type { ApiStream } from '../api-request.js';
import { parseJson } from '../parse-json.js';
import { safeReason } from '../safe-reason.js';
import { BrokenWatch, readEvents, type WatchEvent } from './watch-events.js';

/** What is watched: one object, or all of a kind in a namespace. */
export interface WatchTarget {
  /** The collection's path. */
  readonly path: string;
  /** For messages, and for what RBAC would have to allow. `name` stands for one of many. */
  readonly call: ApiCall;
  /** Null: every object of the collection. */
  readonly name: string | null;
  /** Of the objects of a collection, a field selector. Default: all. */
  readonly fieldSelector?: string | undefined;
  /** The form in which objects are wanted. Default: JSON, the whole object. */
  readonly accept?: string | undefined;
}

/** How one watch request has ended. */
export type WatchEnd =
  /** In an orderly way; the server does so every few minutes. */
  | { readonly kind: 'closed' }
  /** The version to begin with is too old by now, or a line was too much for the server. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'failed'; readonly error: LockError };

export interface WatchRequest {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly target: WatchTarget;
  /** Changes after this version; null: first how things are, then the changes. */
  readonly since: string | null;
  /** After which the server is to close the watch. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  readonly opened: () => void;
  readonly event: (event: WatchEvent) => void;
}

/** How long the beginning of an answer may take, in milliseconds. */
const OPENING_TIMEOUT_MS = 10_000;

const GONE = 410;

/** Runs one watch request to its end. Never rejects. */
export async function watchOnce(request: WatchRequest): Promise<WatchEnd> {
  const { transport, target, since, timeoutSeconds, signal } = request;
  const fieldSelector =
    target.name === null ? target.fieldSelector : `metadata.name=${target.name}`;
  let expired = false;
  try {
    const answer = await transport.stream({
      method: 'GET',
      path: target.path,
      query: {
        watch: 'true',
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(timeoutSeconds),
        ...(fieldSelector === undefined ? {} : { fieldSelector }),
        ...(since === null ? {} : { resourceVersion: since }),
      },
      accept: target.accept,
      subject: subjectOf(target),
      timeoutMs: OPENING_TIMEOUT_MS,
      signal,
    });
    if (answer.status === GONE) {
      answer.body.destroy();
      return { kind: 'expired' };
    }
    if (answer.status !== 200) {
      const json = await readJson(answer, request.clock);
      return { kind: 'failed', error: answerError(target.call, { ...answer, json }) };
    }
    request.opened();
    await readEvents(answer.body, (event) => {
      if (event.type !== 'ERROR') request.event(event);
      else if (event.object['code'] === GONE) expired = true;
      else throw new BrokenWatch('the server ended it with an error');
    });
    return { kind: expired ? 'expired' : 'closed' };
  } catch (error) {
    return { kind: 'failed', error: failure(target, error) };
  }
}

function subjectOf({ call, name }: WatchTarget): string {
  const what =
    name === null
      ? `all ${call.resource} in ${call.namespace}`
      : `${call.kind} ${call.namespace}/${name}`;
  return `Watching ${what}`;
}

function failure(target: WatchTarget, error: unknown): LockError {
  if (error instanceof LockError) return error;
  const why = error instanceof BrokenWatch ? error.message : safeReason(error);
  return new LockError(`${subjectOf(target)}: it broke off (${why}).`, { kind: 'network' });
}

const MAX_ANSWER = 64 * 1024;

/** What the server says, as far as it says it in time. */
async function readJson({ body, scrub }: ApiStream, clock: Clock): Promise<unknown> {
  const limit = clock.setTimeout(() => body.destroy(), OPENING_TIMEOUT_MS);
  let text = '';
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      text += chunk.toString('utf8');
      if (text.length > MAX_ANSWER) return undefined;
    }
    return parseJson(scrub(text));
  } catch {
    return undefined;
  } finally {
    clock.clearTimeout(limit);
  }
}
