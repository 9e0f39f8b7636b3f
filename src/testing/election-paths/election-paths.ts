import { matchesState, type StateValue } from 'xstate';
import type { LeaderElectionConfig } from '../../config/leader-election-config.js';
import type { ResourceLock } from '../../lock/resource-lock.js';
import { checkOptions, oneOf, optional, type OptionTable } from '../../validation/rules.js';
import { Problems } from '../../validation/validate.js';
import { milliseconds } from '../milliseconds.js';
import { Afterwards } from './afterwards.js';
import { allRoutes, PathClock, type Route } from './chart-walk.js';
import { type Pace, Walk, type WalkedService } from './walk.js';

/** What {@link electionPaths} may be told. */
export interface ElectionPathsOptions {
  /** As in the election that the service has. Default: `'rejoin'`. */
  readonly onLost?: 'rejoin' | 'return' | undefined;
  /**
   * How long a callback may take, in milliseconds of real time, once its term has ended, and work to
   * begin, once a service leads. Default: 1000.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * For how long the last path looks at the services of all the others, in milliseconds of real time.
   * Default: 500.
   */
  readonly afterwardsMs?: number | undefined;
}

/** One way through the chart, for one test. */
export interface ElectionPath {
  /** What happens on it, in words: no two paths have the same. */
  readonly name: string;
  /**
   * Walks it with the callbacks of a service, twice: once the service has time between two events,
   * and once there is none. Each time `create` makes a service anew.
   *
   * The last path is none of the chart: it looks at the services of those that were walked before, in
   * case one of them works after all, and has one lead, if need be, until it is seen at work.
   *
   * Rejects with an AssertionError when the service works though it may not, when a callback does not
   * come to its end, or when it fails.
   */
  walk(create: () => WalkedService | Promise<WalkedService>): Promise<void>;
}

const OPTIONS: OptionTable<ElectionPathsOptions> = {
  onLost: optional(oneOf('rejoin', 'return'), 'rejoin'),
  timeoutMs: optional(milliseconds, 1_000),
  afterwardsMs: optional(milliseconds, 500),
};

const PACES: readonly Pace[] = ['in its own time', 'all at once'];

/**
 * Ways through the statechart of an election that lead over each of its edges: for tests of what a
 * service does with its callbacks, whatever happens around it. `xstate/graph` finds them; answers of
 * the lock, news of the watch, the ends of timers and of callbacks are among what happens.
 *
 * Nothing is sent, and no time passes but what the service takes itself.
 *
 * @throws ConfigError when an option is wrong
 */
export function electionPaths(options: ElectionPathsOptions = {}): ElectionPath[] {
  const problems = new Problems('electionPaths');
  checkOptions(problems, options, OPTIONS);
  problems.throwIfAny();
  const { onLost = 'rejoin', timeoutMs = 1_000, afterwardsMs = 500 } = options;
  const { config, routes } = plan(onLost);
  const afterwards = new Afterwards();
  const paths = routes.map((route): ElectionPath => {
    const name = route.events.map(({ label }) => label).join(', ');
    const walk: ElectionPath['walk'] = async (create) => {
      for (const pace of PACES) {
        const service = await create();
        const walked = new Walk(service, config, { pace, timeoutMs });
        await walked.along(route).finally(() => afterwards.saw(walked.sawWork));
        afterwards.passed(service, name);
      }
    };
    return { name, walk: (create) => afterwards.during(() => walk(create)) };
  });
  const lead = async (service: WalkedService): Promise<void> => {
    await new Walk(service, config, { pace: 'all at once', timeoutMs }).toWork(leading(routes));
    afterwards.passed(service, 'it was stopped');
  };
  const last: ElectionPath = {
    name: 'afterwards none of the services works, and one has worked before',
    walk: (create) => afterwards.look(afterwardsMs, async () => lead(await create())),
  };
  return [...paths, last];
}

/** The shortest into a term. */
function leading(routes: readonly Route[]): Route {
  const route = routes.find(({ to }) => matchesState(AT_WORK, to));
  if (route === undefined) throw new Error('No path leads into a term');
  return route;
}

const AT_WORK: StateValue = { participating: { elected: { work: 'running' } } };

interface Plan {
  readonly config: LeaderElectionConfig;
  readonly routes: readonly Route[];
}

/** They take seconds to find, and are the same for every service. */
const plans = new Map<string, Plan>();

/** The ways to be walked, and what all of them have in common. */
export function plan(onLost: 'rejoin' | 'return'): Plan {
  const known = plans.get(onLost) ?? planned(onLost);
  plans.set(onLost, known);
  return known;
}

function planned(onLost: 'rejoin' | 'return'): Plan {
  const clock = new PathClock();
  const config: LeaderElectionConfig = {
    lock: new PathLock(),
    clock,
    random: () => 0,
    logger: false,
    onLost,
    // Less than the renew deadline: it passes without a renewal, of which nothing needs to be told.
    drainTimeoutSeconds: 5,
    onStartedLeading: null,
    onStoppedLeading: () => undefined,
  };
  return { config, routes: chosen(allRoutes(config, clock)) };
}

/** The first over each edge, and the first into each state of a second term. */
function chosen(all: readonly Route[]): Route[] {
  const known = new Set<string>();
  return all.filter(({ edge, to, terms }) => {
    const keys = terms > 1 ? [edge, JSON.stringify(to)] : [edge];
    const isNew = keys.some((key) => !known.has(key));
    for (const key of keys) known.add(key);
    return isNew;
  });
}

/** Answers nothing: what it would answer is among the events of a path. */
class PathLock implements ResourceLock {
  readonly identity = 'the service';
  readonly description = 'lock of a path';
  get = unanswered;
  create = unanswered;
  update = unanswered;
  writtenAgo = unanswered;
}

function unanswered(): Promise<never> {
  return new Promise(() => undefined);
}
