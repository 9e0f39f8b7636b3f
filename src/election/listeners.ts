import type { ElectionNews } from '../../machines/types.js';
import type { Logger } from '../config/leader-election-config.js';
import type { NewsLog } from './logging.js';

export type ElectionEventType = ElectionNews['type'];
export type ElectionEventOf<T extends ElectionEventType> = Extract<
  ElectionNews,
  { readonly type: T }
>;
export type ElectionListener<T extends ElectionEventType> = (event: ElectionEventOf<T>) => void;

/** The listeners of one election. One that throws disturbs neither the others nor the election. */
export class Listeners {
  /** Null until there is one. */
  #byType: Map<ElectionEventType, Set<(event: never) => void>> | null = null;
  readonly #logger: Logger;
  readonly #log: NewsLog;

  /** @param log hears of every event, after the listeners. */
  constructor(logger: Logger, log: NewsLog) {
    this.#logger = logger;
    this.#log = log;
  }

  add<T extends ElectionEventType>(type: T, listener: ElectionListener<T>): () => void {
    this.#byType ??= new Map();
    const listeners = this.#byType.get(type) ?? new Set();
    this.#byType.set(type, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  deliver(event: ElectionNews): void {
    for (const listener of [...(this.#byType?.get(event.type) ?? [])]) {
      try {
        (listener as (event: ElectionNews) => void)(event);
      } catch (err) {
        this.#logger.error({ err, event: event.type }, 'A listener of the election threw');
      }
    }
    this.#log.write(event);
  }
}
