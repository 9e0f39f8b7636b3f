import type { Clock } from '../../time/clock.js';

/**
 * Waits as `setTimeout` of `node:timers/promises` does, but by the clock of a test: give it to a
 * service in place of that.
 */
export type Sleep = <T = void>(
  ms?: number,
  value?: T,
  options?: { readonly signal?: AbortSignal | undefined; readonly ref?: boolean | undefined },
) => Promise<T>;

export function sleepBy(clock: Clock): Sleep {
  return (ms = 0, value, { signal } = {}) =>
    new Promise((resolve, reject) => {
      const giveUp = (): void => {
        clock.clearTimeout(timer);
        const message = 'The operation was aborted';
        // Of the same name and code as Node's, by which those are known that wait in vain.
        const cause: unknown = signal?.reason;
        reject(
          Object.assign(new Error(message, { cause }), { name: 'AbortError', code: 'ABORT_ERR' }),
        );
      };
      const timer = clock.setTimeout(() => {
        signal?.removeEventListener('abort', giveUp);
        resolve(value as never);
      }, ms);
      if (signal?.aborted === true) giveUp();
      else signal?.addEventListener('abort', giveUp, { once: true });
    });
}
