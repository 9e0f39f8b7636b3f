import { type Dispatcher, globalDispatcher, guardedDispatcher } from './guarded-dispatcher.js';
import { type Gate, isRead, Passage } from './passage.js';

type Input = Parameters<typeof fetch>[0];
type Init = RequestInit;

/**
 * Node's `fetch`, by which requests that change something leave only while the gate is open.
 *
 * @throws what the gate refuses it with
 */
export async function guardedFetch(gate: Gate, input: Input, init: Init): Promise<Response> {
  const given = requestIn(input);
  // Left out is not null, which `fetch` takes for a name.
  const { method = given.method, signal: own = given.signal } = init;
  if (isRead(method)) return fetch(input, init);
  const passage = new Passage(gate);
  const signal = passage.signalWith(own);
  passage.begin();
  try {
    const dispatcher = guardedDispatcher(
      () => (init as { readonly dispatcher?: Dispatcher }).dispatcher ?? globalDispatcher(undici()),
      passage,
    );
    // What this runs on may be another `fetch` than Node's, which takes no dispatcher: it is asked
    // when the request is made, and the request given up when the gate closes, all the same.
    return await fetch(input, Object.assign({ ...init, signal }, { dispatcher }));
  } finally {
    passage.end();
  }
}

/**
 * What an input says of the request. It is not asked whether it is a `Request`, or an `URL`: which class bears
 * that name may have changed since it was made, as some web frameworks change it.
 */
function requestIn(input: Input): {
  readonly method: unknown;
  readonly signal: AbortSignal | undefined;
} {
  if (typeof input === 'string') return { method: 'GET', signal: undefined };
  const { method, signal } = input as Partial<Request>;
  return { method: method ?? ('href' in input ? 'GET' : undefined), signal };
}

/** The version of the one that Node has. */
function undici(): string {
  return process.versions['undici'] ?? '';
}
