import type { LeaderElectionConfig } from '../../config/leader-election-config.js';
import { LeaderElection } from '../../election/leader-election.js';
import type { ResourceLock } from '../../lock/resource-lock.js';
import type { Clock } from '../../time/clock.js';
import { aFunction, checkOptions, optional, type Rule } from '../../validation/rules.js';
import { Problems } from '../../validation/validate.js';
import { InMemoryLockStore } from '../in-memory-lock.js';
import { VirtualClock } from '../virtual-clock.js';
import type { Join, Line, TestService } from './candidate.js';
import { chance } from './chance.js';
import { CLUSTER_OPTIONS, type ClusterOptions, idsOf } from './options.js';
import { virtualPace } from './pace.js';
import { type Sleep, sleepBy } from './sleep.js';
import { TestCluster } from './test-cluster.js';
import { Wire } from './wire.js';

/** What one candidate is made of: for the options of its `LeaderElection`, and for its service. */
export interface CandidateWorld {
  readonly id: string;
  /** This candidate's lock; its identity is the id. */
  readonly lock: ResourceLock;
  /** This candidate's clock. */
  readonly clock: Clock;
  /** The same numbers in every run, and others for each candidate. */
  readonly random: () => number;
  /** In place of `setTimeout` of `node:timers/promises`, by this candidate's clock. */
  readonly sleep: Sleep;
}

export interface TestClusterOptions<
  Service extends LeaderElection | TestService,
> extends ClusterOptions {
  /**
   * Makes what one candidate runs, at each start: a `LeaderElection`, or an object with one as
   * `election`. It must be given `lock` and `clock`. Default: an election without work, which takes
   * part again after each loss.
   */
  readonly service?: (world: CandidateWorld) => Service;
  /** Options for the elections that there are without `service`. */
  readonly config?:
    Partial<LeaderElectionConfig> | ((world: CandidateWorld) => Partial<LeaderElectionConfig>);
}

/** What {@link createTestCluster} returns. */
export class InMemoryTestCluster<
  Service extends LeaderElection | TestService = LeaderElection,
> extends TestCluster<Service> {
  /** The time of the whole cluster. */
  readonly clock: VirtualClock;
  /** What the candidates compete for. */
  readonly store: InMemoryLockStore;

  /** @internal */
  constructor(options: TestClusterOptions<Service>) {
    const clock = new VirtualClock();
    const store = new InMemoryLockStore();
    const pass = virtualPace(clock, options.advanceTimers);
    const ids = idsOf(options);
    const whyClock = 'give `clock` to its LeaderElection';
    super({ clock, whyClock, pass, close: () => Promise.resolve() }, ids, (id) =>
      joinBy(options, store, id, chance(ids.indexOf(id))),
    );
    this.clock = clock;
    this.store = store;
  }
}

const optionsOrFunction: Rule = {
  description: 'options of a `LeaderElection`, or a function that returns them',
  check: (problems, field, value) => typeof value === 'function' || problems.options(value, field),
};

/**
 * Candidates for one lock in memory, over virtual time: no API server, no network, and no waiting.
 * Each has the real statechart, and the real rules of the lock.
 *
 * @throws {ConfigError} naming every option that breaks a rule
 */
export function createTestCluster<Service extends LeaderElection | TestService = LeaderElection>(
  options: TestClusterOptions<Service> = {},
): InMemoryTestCluster<Service> {
  const problems = new Problems('createTestCluster');
  checkOptions<TestClusterOptions<Service>>(problems, options, {
    ...CLUSTER_OPTIONS,
    service: optional(aFunction),
    config: optional(optionsOrFunction),
  });
  if (options?.service !== undefined && options.config !== undefined) {
    problems.add('config', 'is for elections without a service: leave it out', options.config);
  }
  problems.throwIfAny();
  const cluster = new InMemoryTestCluster(options);
  if (options.start !== false) for (const { id } of cluster.candidates) cluster.begin(id);
  return cluster;
}

function joinBy<Service extends LeaderElection | TestService>(
  { service, config }: TestClusterOptions<Service>,
  store: InMemoryLockStore,
  id: string,
  random: () => number,
): Join<Service> {
  return (clock) => {
    const wire = new Wire(store, clock, id, { watched: true });
    const world = { id, lock: wire, clock, random, sleep: sleepBy(clock) };
    const made = service?.(world) ?? electionIn(world, config);
    // Without a service, it is an election that is asked for.
    return { line: lineOf(wire), service: made as Service };
  };
}

function electionIn(
  world: CandidateWorld,
  config: TestClusterOptions<LeaderElection>['config'] = {},
): LeaderElection {
  const { lock, clock, random } = world;
  return new LeaderElection({
    ...{ lock, clock, random, logger: false, onLost: 'rejoin', onStartedLeading: null },
    ...(typeof config === 'function' ? config(world) : config),
  });
}

function lineOf(wire: Wire): Line {
  return {
    cut: () => {
      wire.cut = 'silent';
    },
    sleep: () => {
      wire.sleep();
    },
    heal: () => {
      wire.cut = null;
      wire.wake();
    },
    slow: (ms) => {
      wire.delayMs = ms;
    },
    kill: () => {
      wire.cut = 'silent';
    },
    used: () => Promise.resolve(),
  };
}
