import { Problems } from '../validation/validate.js';
import { Feed, type Observed, type Sink } from './feed.js';
import type { Gauge } from './instruments.js';

/** The elections whose metrics go to one place, each under a name of its own. */
export class Roster {
  readonly #feeds = new Map<string, Feed>();

  get isEmpty(): boolean {
    return this.#feeds.size === 0;
  }

  /**
   * Returns what takes it out again. One that is over makes room for the next of its name: programs
   * make a new election where they could run the old one again.
   *
   * @throws {ConfigError} when the name is taken
   */
  add(election: Observed, name: string, sink: Sink): () => void {
    const before = this.#feeds.get(name);
    if (before?.isOver === false) {
      const problems = new Problems('registerMetrics()');
      const rule =
        'is taken: an election with this lock is registered there already. Call what its ' +
        'registration returned first, or give each of them a name of its own';
      problems.add('name', rule, name);
      problems.throwIfAny();
    }
    before?.close();
    const feed = new Feed(election, sink);
    this.#feeds.set(name, feed);
    return () => {
      if (this.#feeds.get(name) !== feed) return;
      this.#feeds.delete(name);
      feed.close();
    };
  }

  /** The values of this moment, by the names of the elections. */
  *read(gauge: Gauge): Generator<readonly [name: string, value: number]> {
    for (const [name, feed] of this.#feeds) {
      const value = feed.read(gauge);
      if (value !== null) yield [name, value];
    }
  }
}

/**
 * Checks what an entry was called with. Returns the name of the election in its metrics.
 *
 * @throws {ConfigError} naming everything that is wrong
 */
export function checkCall(
  election: Observed,
  options: object,
  place: { readonly option: string; readonly what: string; readonly methods: readonly string[] },
): string {
  const problems = new Problems('registerMetrics()');
  problems.methods('election', election, 'a LeaderElection', ['on', 'isLeader']);
  if (problems.options(options)) {
    problems.unknown(options, [place.option, 'name']);
    const { [place.option]: target, name } = options;
    if (target !== undefined) problems.methods(place.option, target, place.what, place.methods);
    if (name !== undefined) problems.string('name', name);
  }
  problems.throwIfAny();
  const { name } = options as { readonly name?: string };
  return name ?? lockNameOf(election);
}

function lockNameOf({ actor }: Observed): string {
  const { name, description } = actor.getSnapshot().context.config.lock;
  return name ?? description;
}
