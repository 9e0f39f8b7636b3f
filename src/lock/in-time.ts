import { DEFAULT_TIMEOUT_MS, givenUp, type Progress } from '../kubernetes/api-request.js';
import { Deadline } from '../kubernetes/deadline.js';

/**
 * A caller with a signal of its own decides how long to wait; this bound only keeps a signal that
 * never comes from holding a connection for ever.
 */
const TIMEOUT_WITH_SIGNAL_MS = 60_000;

/** How long a call may take, in milliseconds. */
export function timeLimit(signal: AbortSignal | undefined): number {
  return signal === undefined ? DEFAULT_TIMEOUT_MS : TIMEOUT_WITH_SIGNAL_MS;
}

export interface InTime {
  /** What an error message begins with. */
  readonly subject: string;
  readonly signal: AbortSignal | undefined;
  readonly begun: (progress: Progress) => void;
}

/**
 * Reads where to send requests to. Files may hang as a server may: on a mount that is gone, for one.
 *
 * @throws LockError of kind `timeout` or `aborted`, or what `read` rejects with
 */
export async function readInTime<T>(options: InTime, read: () => Promise<T>): Promise<T> {
  const deadline = new Deadline(timeLimit(options.signal), options.signal);
  deadline.waitsFor = "the kubeconfig, or the pod's service account, to be read";
  options.begun(deadline);
  try {
    return await deadline.race(read());
  } catch (error) {
    if (deadline.givenUp !== null) throw givenUp(options, deadline);
    throw error;
  } finally {
    deadline.dispose();
  }
}
