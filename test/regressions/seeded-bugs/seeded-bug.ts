import { fromPromise } from 'xstate';
import type { WriteLockInput } from '../../../machines/actors.js';
import type { LeaderElectionMachine } from '../../../machines/leader-election.js';
import type { Candidacy } from '../../../src/election/candidacy.js';
import type { LeaderElection } from '../../../src/election/leader-election.js';
import { LockError } from '../../../src/errors/lock-error.js';
import type { decide, observe } from '../../../src/lock/decide.js';
import type { toMicroTime } from '../../../src/lock/iso-time.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import type { InMemoryLockStore } from '../../../src/testing/in-memory-lock.js';
import type { elapsedForHolder } from '../../../src/time/clock.js';
import { build, type ChartMutant, chartMutants, nameOf } from '../../mutation/chart-mutants.js';
import type { Seeded } from '../../sim/candidates/ours.js';
import { SEEDED_BUGS } from '../../sim/seeded-bugs/index.js';
import { provide, write } from '../../sim/seeded-bugs/tools.js';

/** What of the product a seeded bug can replace, each by the name under which it is exported. */
export interface Parts {
  readonly leaderElectionMachine?: LeaderElectionMachine;
  readonly Candidacy?: typeof Candidacy;
  readonly LeaderElection?: typeof LeaderElection;
  readonly InMemoryLockStore?: typeof InMemoryLockStore;
  readonly decide?: typeof decide;
  readonly observe?: typeof observe;
  readonly toMicroTime?: typeof toMicroTime;
  readonly elapsedForHolder?: typeof elapsedForHolder;
}

/** An error made on purpose, to see whether a test finds it. */
export interface SeededBug {
  /** In words, as one would describe it. */
  readonly mistake: string;
  /** The wrong parts, in the place of the right ones. */
  readonly make: () => Parts;
}

/** The error of that name among those of the simulation. */
export function simulated(name: string): SeededBug {
  const found = SEEDED_BUGS.find((bug) => bug.name === name);
  if (found === undefined) throw new Error(`The simulation has no seeded bug ${name}`);
  const { what, seeded } = found;
  return { mistake: what, make: () => ({ leaderElectionMachine: machineOf(seeded) }) };
}

function machineOf({ machine, lock }: Seeded): LeaderElectionMachine {
  if (machine !== undefined) return machine;
  if (lock === undefined) throw new Error('It is made neither by a chart nor by a lock');
  return writingBy((input, signal) => write({ ...input, lock: lock(input.lock) }, signal));
}

/** The statechart, with writes to the lock that are made in another way. */
export function writingBy(wrongly: typeof write): LeaderElectionMachine {
  return provide({
    actors: {
      writeLock: fromPromise<LockSnapshot, WriteLockInput>(async ({ input, signal }) => {
        const answer = await wrongly(input, signal);
        if (answer.ok) return answer;
        throw LockError.from(answer.error);
      }),
    },
  });
}

/** Made when the first is asked for: there are thousands. */
let mutants: ReadonlyMap<string, ChartMutant> | undefined;

/** The small change of the chart that the mutation tests know by that name. */
export function mutant(mistake: string, name: string): SeededBug {
  const make = (): Parts => {
    mutants ??= new Map(chartMutants().map((change) => [nameOf(change), change]));
    const found = mutants.get(name);
    if (found === undefined) throw new Error(`There is no such change of the chart: ${name}`);
    return {
      // Anew each time: such a chart counts how often it goes round, and many candidates run it.
      get leaderElectionMachine() {
        return build(found);
      },
    };
  };
  return { mistake, make };
}
