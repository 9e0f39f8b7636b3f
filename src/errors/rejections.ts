/**
 * Takes the rejection of what a caller's function has returned, if it returned a promise: nobody
 * waits for it, and unhandled it would end the process.
 */
export function onRejection(returned: unknown, handle: (error: unknown) => void): void {
  if (!isThenable(returned)) return;
  Promise.resolve(returned).catch(handle);
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
