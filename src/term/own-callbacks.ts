import { AsyncLocalStorage } from 'node:async_hooks';

/*
 * The election waits for the work and for `onStoppedLeading` before it is over. If one of them waits
 * in turn until the election is over, neither comes to an end. To find out, a call of such a callback
 * is followed through all that it awaits. Nothing but an `AsyncLocalStorage` can do that; one serves
 * every election of the process, and it costs nothing before the first of them leads.
 */
interface Call {
  readonly term: object;
  /** The callback inside of which this one was called: of another election. */
  readonly outer: Call | undefined;
  running: boolean;
}

const calls = new AsyncLocalStorage<Call>();

/** Runs a callback that the end of this term waits for. Settles as it does. */
export async function runCallback<T>(term: object, callback: () => T): Promise<Awaited<T>> {
  const call: Call = { term, outer: runningCall(calls.getStore()), running: true };
  try {
    return await calls.run(call, callback);
  } finally {
    call.running = false;
  }
}

/** Whether the caller is, or was called by, a callback that the end of this term waits for. */
export function isWaitedFor(term: object): boolean {
  let call = runningCall(calls.getStore());
  while (call !== undefined && call.term !== term) call = runningCall(call.outer);
  return call !== undefined;
}

/** What a callback has set going, such as a server, may outlive it: nobody waits for that. */
function runningCall(call: Call | undefined): Call | undefined {
  let found = call;
  while (found?.running === false) found = found.outer;
  return found;
}
