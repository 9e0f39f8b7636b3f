import { within } from '../lock-conformance/expectations.js';

/**
 * A callback of which the chart hears nothing before the path has it so: its promise settles when that
 * of the service has, and not before `end` or `fail`. So a service that is fast walks the paths of slow
 * ones, too.
 */
export class HeldCallback {
  /** What a callback that has to fail on this path rejects with. */
  readonly planned: Error;
  readonly #name: string;
  /** The service's own promises that have not settled yet. */
  readonly #running = new Set<Promise<void>>();
  #finish: ((failure: Error | null) => void) | null = null;

  constructor(name: string) {
    this.#name = name;
    this.planned = new Error(`${name} fails on this path`);
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  async call(callback: () => unknown): Promise<void> {
    const own = (async () => {
      await callback();
    })();
    const over = own.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(over);
    void over.then(() => this.#running.delete(over));
    const failure = await new Promise<Error | null>((resolve) => {
      this.#finish = resolve;
    });
    if (failure !== null) throw failure;
    await own;
  }

  /** Its own promise settles, and the chart is told. */
  async end(timeoutMs: number): Promise<void> {
    await this.#settled(timeoutMs);
    this.#finish?.(null);
    this.#finish = null;
  }

  /** The chart is told that it has failed; what it has begun is waited for. */
  async fail(timeoutMs: number): Promise<void> {
    this.#finish?.(this.planned);
    this.#finish = null;
    await this.#settled(timeoutMs);
  }

  async #settled(timeoutMs: number): Promise<void> {
    const over = Promise.all(this.#running).then(() => undefined);
    await within(timeoutMs, `${this.#name} was told to end, and has not`, over);
  }
}
