import { ConfigError } from '../errors/config-error.js';
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

/** Where the numbers of an entry go, as its option is called and recognised. */
export interface Target {
  readonly option: string;
  readonly what: string;
  readonly methods: readonly string[];
}

/**
 * Checks what an entry was called with. Returns the name of the election in its metrics.
 *
 * @throws {ConfigError} naming everything that is wrong
 */
export function checkCall(election: Observed, options: object, place: Target): string {
  const problems = new Problems('registerMetrics()');
  const isLike = problems.methods('election', election, 'a LeaderElection', ['on', 'isLeader']);
  if (isLike && !isElection(election)) {
    problems.addHidden('election', 'must be a LeaderElection (its actor is none)', election);
  }
  if (isTarget(options, place)) {
    problems.addHidden('options', `must be an object such as { ${place.option} }`, options);
  } else if (problems.options(options)) {
    problems.unknown(options, [place.option, 'name']);
    const { [place.option]: target, name } = options;
    if (target !== undefined) problems.methods(place.option, target, place.what, place.methods);
    if (name !== undefined) problems.string('name', name);
  }
  problems.throwIfAny();
  const { name } = options as { readonly name?: string };
  return name ?? lockNameOf(election);
}

function isTarget(value: unknown, { methods }: Target): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return methods.every((name) => typeof Reflect.get(value, name) === 'function');
}

function isElection({ actor }: Observed): boolean {
  try {
    return typeof actor.getSnapshot().context.config.lock.description === 'string';
  } catch {
    return false;
  }
}

/**
 * What is made of a target, which may have the right methods and be none, or one of another version.
 *
 * @throws {ConfigError} naming the option, and how the target has failed
 */
export function madeOf<Made>({ option, what }: Target, target: object, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const problems = new Problems('registerMetrics()');
    problems.addHidden(option, `must be ${what} (it failed: ${why})`, target);
    problems.throwIfAny();
    throw error;
  }
}

function lockNameOf({ actor }: Observed): string {
  const { name, description } = actor.getSnapshot().context.config.lock;
  return name ?? description;
}
