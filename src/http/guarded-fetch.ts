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
  const given = input instanceof Request ? input : undefined;
  if (isRead(init.method ?? given?.method ?? 'GET')) return fetch(input, init);
  const passage = new Passage(gate);
  const signal = passage.signalWith(init.signal === undefined ? given?.signal : init.signal);
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

/** The version of the one that Node has. */
function undici(): string {
  return process.versions['undici'] ?? '';
}
