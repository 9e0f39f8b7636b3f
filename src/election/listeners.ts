import type { ElectionNews } from '../../machines/types.js';
import type { Logger } from '../config/leader-election-config.js';

export type ElectionEventType = ElectionNews['type'];
export type ElectionEventOf<T extends ElectionEventType> = Extract<
  ElectionNews,
  { readonly type: T }
>;
export type ElectionListener<T extends ElectionEventType> = (event: ElectionEventOf<T>) => void;

/** The listeners of one election. One that throws disturbs neither the others nor the election. */
export class Listeners {
  readonly #byType = new Map<ElectionEventType, Set<(event: never) => void>>();
  readonly #logger: Logger;
  readonly #log: (event: ElectionNews) => void;

  /** @param log hears of every event, after the listeners. */
  constructor(logger: Logger, log: (event: ElectionNews) => void) {
    this.#logger = logger;
    this.#log = log;
  }

  add<T extends ElectionEventType>(type: T, listener: ElectionListener<T>): () => void {
    const listeners = this.#byType.get(type) ?? new Set();
    this.#byType.set(type, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  deliver(event: ElectionNews): void {
    for (const listener of [...(this.#byType.get(event.type) ?? [])]) {
      try {
        (listener as (event: ElectionNews) => void)(event);
      } catch (err) {
        this.#logger.error({ err, event: event.type }, 'A listener of the election threw');
      }
    }
    this.#log(event);
  }
}
