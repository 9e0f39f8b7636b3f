import { channel } from 'node:diagnostics_channel';
import type { ElectionNews } from '../../machines/types.js';
import type { Logger } from '../logging/logger.js';
import { Problems } from '../validation/validate.js';
import type { Audience, Snapshot } from './candidacy.js';
import type { EventRecorder } from './event-recorder.js';
import type { Candidate, NewsLog } from './news-log.js';
import { onRejection } from '../errors/rejections.js';

export type ElectionEventType = ElectionNews['type'];
export type ElectionEventOf<T extends ElectionEventType> = Extract<
  ElectionNews,
  { readonly type: T }
>;
export type ElectionListener<T extends ElectionEventType> = (event: ElectionEventOf<T>) => void;

/** Every type of event that there is. A record, so that the compiler misses one that is left out. */
const TYPES: Readonly<Record<ElectionEventType, true>> = {
  acquireFailed: true,
  callbackFailed: true,
  draining: true,
  drainTimeout: true,
  ended: true,
  evidenceFailed: true,
  holderDied: true,
  newLeader: true,
  overrun: true,
  recordAltered: true,
  recordUnreadable: true,
  released: true,
  releaseFailed: true,
  renewed: true,
  renewFailed: true,
  startedLeading: true,
  stateChanged: true,
  stoppedLeading: true,
  vacant: true,
  watchFailed: true,
  watching: true,
};

/** What is published on the channel `k8s-leader-election:TYPE` of `node:diagnostics_channel`. */
export interface ElectionMessage<T extends ElectionEventType = ElectionEventType> {
  /** As in the log, such as `Lease production/data-processor`. */
  readonly lock: string;
  readonly identity: string;
  readonly event: ElectionEventOf<T>;
}

const CHANNELS = new Map(
  Object.keys(TYPES).map((type) => [type, channel(`k8s-leader-election:${type}`)]),
);

/**
 * The listeners of one election. One that throws, or rejects, disturbs neither the others nor the
 * election.
 */
export class Listeners implements Audience {
  /** Null until there is one. */
  #byType: Map<ElectionEventType, Set<(event: never) => void>> | null = null;
  readonly #logger: Logger;
  readonly #lock: Candidate;
  readonly #log: NewsLog;
  readonly #recorder: EventRecorder | null;

  /** @param log hears of every event, after the listeners; and so does the recorder. */
  constructor(logger: Logger, lock: Candidate, log: NewsLog, recorder: EventRecorder | null) {
    this.#logger = logger;
    this.#lock = lock;
    this.#log = log;
    this.#recorder = recorder;
  }

  /** @throws ConfigError for an event that there is not, or a listener that cannot be called */
  add<T extends ElectionEventType>(type: T, listener: ElectionListener<T>): () => void {
    const problems = new Problems('LeaderElection.on()');
    problems.known('type', type, Object.keys(TYPES), 'the type of an event');
    problems.function('listener', listener);
    problems.throwIfAny();
    this.#byType ??= new Map();
    const listeners = this.#byType.get(type) ?? new Set();
    this.#byType.set(type, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  deliver(event: ElectionNews): void {
    const failed = (err: unknown): void => {
      this.#logger.error({ err, event: event.type }, 'A listener of the election failed');
    };
    for (const listener of [...(this.#byType?.get(event.type) ?? [])]) {
      try {
        onRejection((listener as (event: ElectionNews) => unknown)(event), failed);
      } catch (err) {
        failed(err);
      }
    }
    this.#log.write(event);
    this.#recorder?.hear(event);
    this.#publish(event);
  }

  see(snapshot: Snapshot): void {
    this.#log.see(snapshot);
  }

  finish(): Promise<void> | null {
    return this.#recorder?.finish() ?? null;
  }

  close(): void {
    this.#log.close();
  }

  #publish(event: ElectionNews): void {
    const published = CHANNELS.get(event.type);
    if (published?.hasSubscribers !== true) return;
    const { description, identity } = this.#lock;
    published.publish({ lock: description, identity, event } satisfies ElectionMessage);
  }
}
