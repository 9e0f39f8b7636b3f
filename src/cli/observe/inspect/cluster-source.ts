import type { LockError } from '../../../errors/lock-error.js';
import type { ReportSink } from '../../../inspect/wire.js';
import type { Change } from '../change-tracker.js';
import type { Place } from '../read-locks.js';
import { placeName } from '../words.js';
import type { OwnWord } from './lock-events.js';
import { LockStory } from './lock-story.js';
import type { Pod } from './pods.js';

export interface ClusterSourceOptions {
  readonly sink: ReportSink;
  /** For records that name none. */
  readonly leaseDurationMs: number;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/**
 * Tells the live page what the cluster knows of elections: who holds which lock, since when and for
 * how long, who did before, and which pods there are. What goes on inside of a candidate is known to
 * it alone, and is not made up.
 */
export class ClusterSource {
  readonly #options: ClusterSourceOptions;
  /** By namespace and name of the lock: all of them are of one kind. */
  readonly #stories = new Map<string, LockStory>();
  /** What was said of locks that have not been seen yet. */
  readonly #early = new Map<string, { readonly word: OwnWord; readonly isNew: boolean }[]>();
  #earlyWords = 0;
  #pods: ReadonlyMap<string, Pod> = new Map();

  constructor(options: ClusterSourceOptions) {
    this.#options = options;
  }

  see({ place, judgement }: Change): void {
    const { now } = this.#options;
    const key = keyOf(place);
    const known = this.#stories.get(key);
    const story = known ?? this.#begin(place);
    story.see(judgement, now());
    if (known !== undefined) return;
    story.seePods(this.#pods, now());
    const early = this.#early.get(key) ?? [];
    this.#early.delete(key);
    this.#earlyWords -= early.length;
    for (const { word, isNew } of early) story.hear(word, isNew, now());
  }

  lose(error: LockError): void {
    for (const story of this.#stories.values()) story.lose(error, this.#options.now());
  }

  /** @param isNew it was said while we looked */
  hear(word: OwnWord, isNew: boolean): void {
    const key = keyOf(word);
    const about = this.#stories.get(key);
    if (about !== undefined) {
      about.hear(word, isNew, this.#options.now());
    } else if (this.#earlyWords < MOST_EARLY) {
      this.#early.set(key, [...(this.#early.get(key) ?? []), { word, isNew }]);
      this.#earlyWords += 1;
    }
  }

  /** @param pods those of the namespace that the locks are in, by name */
  seePods(pods: ReadonlyMap<string, Pod>): void {
    this.#pods = pods;
    for (const story of this.#stories.values()) story.seePods(pods, this.#options.now());
  }

  #begin(place: Place): LockStory {
    const { sink, leaseDurationMs } = this.#options;
    const story = new LockStory(placeName(place), leaseDurationMs, sink);
    this.#stories.set(keyOf(place), story);
    return story;
  }
}

const MOST_EARLY = 1000;

function keyOf({ namespace, name }: Pick<Place, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}
