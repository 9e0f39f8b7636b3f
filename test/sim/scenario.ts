import type { OursOptions, Timing } from './candidates/ours.js';
import type { LockKind } from './candidates/simulated-lock.js';
import { type FaultKind, FAULT_KINDS } from './faults/kinds.js';
import { Random } from './world/random.js';

export interface SlotPlan {
  readonly library: 'ours' | 'client-go' | 'python';
  readonly identity: string;
  /** After a restart the process bears the same name, or a new one. */
  readonly keepsIdentity: boolean;
  readonly timing: Timing;
  readonly clockRate: number;
  readonly wallOffsetMs: number;
  readonly options: Omit<OursOptions, 'identity' | 'timing'>;
}

export type Pace = 'brisk' | 'slow';

export interface Scenario {
  readonly seed: number;
  readonly lockKind: LockKind;
  readonly slots: readonly SlotPlan[];
  /** Brisk: many terms in a short time; slow: long terms, and faults that come in between. */
  readonly pace: Pace;
  readonly faults: readonly FaultKind[];
  /** Mean time between two faults, and between two stops of the leader, in ms. */
  readonly faultEveryMs: number;
  readonly stopEveryMs: number;
  readonly longestFaultMs: number;
  /** What edits may write as the duration of a lease. */
  readonly editedLeaseSeconds: readonly number[];
  /** How long a machine is down after a crash, and a program waits before it runs again, at most. */
  readonly longestRestartMs: number;
  readonly longestPauseMs: number;
  readonly wakeEveryMs: number;
  /** How likely the opening of a watch is refused: always where candidates have no right to it. */
  readonly watchesRefused: number;
  readonly noisyMs: number;
  /** Once all faults are over, there is to be a leader within that time. */
  readonly boundMs: number;
}

const TIMINGS: readonly Timing[] = [
  { leaseSeconds: 15, renewSeconds: 10, retrySeconds: 2 },
  { leaseSeconds: 15, renewSeconds: 14, retrySeconds: 4 },
  { leaseSeconds: 4, renewSeconds: 3, retrySeconds: 1 },
  { leaseSeconds: 10, renewSeconds: 6, retrySeconds: 1.5 },
  { leaseSeconds: 3, renewSeconds: 2, retrySeconds: 1 },
  { leaseSeconds: 8, renewSeconds: 5, retrySeconds: 2 },
  { leaseSeconds: 5, renewSeconds: 4.5, retrySeconds: 1 },
  { leaseSeconds: 30, renewSeconds: 20, retrySeconds: 5 },
  { leaseSeconds: 60, renewSeconds: 40, retrySeconds: 2 },
  { leaseSeconds: 75, renewSeconds: 60, retrySeconds: 1 },
];

/** For fleets in which the lock changes hands all the time: what is waited for is short. */
const BRISK_TIMINGS: readonly Timing[] = [
  { leaseSeconds: 3, renewSeconds: 2, retrySeconds: 1 },
  { leaseSeconds: 4, renewSeconds: 3, retrySeconds: 1 },
  { leaseSeconds: 5, renewSeconds: 4.5, retrySeconds: 1 },
  { leaseSeconds: 8, renewSeconds: 5, retrySeconds: 1 },
  { leaseSeconds: 15, renewSeconds: 10, retrySeconds: 2 },
  { leaseSeconds: 20, renewSeconds: 17, retrySeconds: 1 },
];

/** How many candidates there are, with their weights. */
const SIZES = [
  [6, 2],
  [6, 3],
  [3, 4],
  [2, 5],
  [1, 6],
  [1, 7],
] as const;
const BRISK_SIZES = [
  [8, 2],
  [6, 3],
  [2, 4],
  [1, 5],
  [0.5, 6],
  [0.5, 7],
] as const;

/** Faults that may leave a lease of up to 40 s in the lock. */
const WRITES_LEASES: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'holder written over',
  'identity squatted',
  'record rolled back',
]);

/** Clocks do not run apart further than that, whatever lease and renew deadline would allow. */
const WIDEST_DRIFT = 0.15;

/** Draws a fleet, its timings, clocks and troubles. `beyond` lets clocks run further apart than promised. */
export function drawScenario(seed: number, beyond = false): Scenario {
  const random = new Random(seed, 'scenario');
  const lockKind = random.chance(0.6) ? 'Lease' : 'ConfigMap';
  const pace = random.chance(0.8) ? 'brisk' : 'slow';
  const count = random.weighted(pace === 'brisk' ? BRISK_SIZES : SIZES);
  const choice = pace === 'brisk' ? BRISK_TIMINGS : TIMINGS;
  const common = random.pick(choice);
  const mixed = random.chance(0.25);
  const timings = Array.from({ length: count }, () => (mixed ? random.pick(choice) : common));
  const drawn = drawRates(random, timings, beyond);
  const rates = haveLikeClocks(seed, beyond) ? drawn.map(() => 1) : drawn;
  const hasTwins = random.chance(0.2);
  const hasForeign = random.chance(pace === 'brisk' ? 0.2 : 0.3);
  const foreigners = random.int(1, 2);
  // From a stream of its own: where there are no pods, a seed does what it did before there were any.
  const heeding = new Random(seed, 'pods');
  const slots = timings.map((timing, i): SlotPlan => {
    const isForeign = hasForeign && i >= Math.max(2, count - foreigners);
    const isTwin = hasTwins && i < 2;
    const keepsIdentity = isTwin || random.chance(0.5);
    return {
      library: !isForeign
        ? 'ours'
        : lockKind === 'ConfigMap' && random.chance(0.5)
          ? 'python'
          : 'client-go',
      identity: isTwin ? 'twin' : `c${i + 1}`,
      keepsIdentity,
      timing,
      clockRate: rates[i] ?? 1,
      wallOffsetMs: random.chance(0.3)
        ? random.between(-3_600_000, 3_600_000)
        : random.between(-500, 500),
      options: {
        ...drawOptions(random, lockKind, keepsIdentity && !isTwin, pace),
        podEvidence: heeding.chance(0.8),
      },
    };
  });
  const chosen = FAULT_KINDS.filter(() => random.chance(0.45));
  const faults = chosen.length > 0 ? chosen : FAULT_KINDS;
  return {
    seed,
    lockKind,
    slots,
    pace,
    faults,
    ...drawTempo(random, pace),
    watchesRefused: random.weighted([
      [17, 0],
      [1, 0.5],
      [2, 1],
    ]),
    wakeEveryMs: random.skewed(pace === 'brisk' ? 4000 : 1000, 60_000),
    boundMs: boundOf(
      timings,
      faults.some((fault) => WRITES_LEASES.has(fault)),
    ),
  };
}

function drawTempo(
  random: Random,
  pace: Pace,
): Pick<
  Scenario,
  | 'faultEveryMs'
  | 'stopEveryMs'
  | 'longestFaultMs'
  | 'editedLeaseSeconds'
  | 'longestRestartMs'
  | 'longestPauseMs'
  | 'noisyMs'
> {
  return pace === 'brisk'
    ? {
        faultEveryMs: random.skewed(1000, 10_000),
        stopEveryMs: random.skewed(50, 1500),
        longestFaultMs: 10_000,
        editedLeaseSeconds: [1, 2, 5, 12],
        longestRestartMs: 3000,
        longestPauseMs: 300,
        noisyMs: random.skewed(20_000, 120_000),
      }
    : {
        faultEveryMs: random.skewed(1500, 20_000),
        stopEveryMs: random.skewed(4000, 60_000),
        longestFaultMs: 45_000,
        editedLeaseSeconds: [1, 2, 5, 20, 40],
        longestRestartMs: 40_000,
        longestPauseMs: 3000,
        noisyMs: random.skewed(30_000, 240_000),
      };
}

function drawOptions(
  random: Random,
  lockKind: LockKind,
  mayReclaim: boolean,
  pace: Pace,
): Omit<SlotPlan['options'], 'podEvidence'> {
  return {
    lockKind,
    drainSeconds: random.pick(pace === 'brisk' ? [0, 0, 1, 5] : [0, 1, 5, 20]),
    onLost: random.chance(0.6) ? 'rejoin' : 'return',
    releaseWhenDone: random.chance(pace === 'brisk' ? 0.7 : 0.4),
    reclaimOwnIdentity: mayReclaim && random.chance(0.4),
    useServerClock: random.chance(0.8),
    style: random.pick(['run', 'run', 'lead', 'acquire', 'chart']),
    longestWorkMs: pace === 'brisk' ? random.skewed(150, 2000) : random.skewed(2000, 30_000),
    longestWindDownMs: pace === 'brisk' ? 500 : 8000,
  };
}

/**
 * Clocks of real machines hardly differ: a lease then runs out at the same moment for everybody. Of
 * the first 400 seeds, at which the table of seeded errors was made, all have clocks that differ.
 */
function haveLikeClocks(seed: number, beyond: boolean): boolean {
  return seed > 400 && seed % 3 === 0 && !beyond;
}

/** The rates of any two differ by less than the smallest lease over its renew deadline. */
function drawRates(random: Random, timings: readonly Timing[], beyond: boolean): number[] {
  const bound = Math.min(
    ...timings.map(({ leaseSeconds, renewSeconds }) => leaseSeconds / renewSeconds),
  );
  const limit = Math.log(1 + WIDEST_DRIFT);
  const spread = Math.min(limit, (Math.log(bound) / 2) * 0.999);
  if (beyond) {
    // One slow, one fast, and the others in between: half as far again as lease and deadline allow.
    const far = (Math.log(bound) / 2) * 1.5;
    return timings.map((_, i) =>
      Math.exp(i === 0 ? -far : i === 1 ? far : random.between(-far, far)),
    );
  }
  const atEnds = random.chance(0.4);
  return timings.map(() =>
    Math.exp(atEnds ? random.pick([-spread, spread]) : random.between(-spread, spread)),
  );
}

/** Work and callbacks that pay no heed keep a lost candidate away for that long at most. */
const LONGEST_CALLBACK_MS = 40_000;

/**
 * A write of somebody gone may take effect late (12 s) and count as a live lease, and an edit may
 * have written one of 40 s; a follower polls, waits for the longest lease by a slow clock, is asked
 * to come back in 6 s at the last moment, and may lose a request and a race before it wins. And all
 * of them may be waiting for callbacks of a lost term when the faults end.
 */
function boundOf(timings: readonly Timing[], editsWriteLeases: boolean): number {
  const longest = (pick: (timing: Timing) => number): number =>
    Math.max(...timings.map(pick)) * 1000;
  const lease = Math.max(
    longest(({ leaseSeconds }) => leaseSeconds),
    editsWriteLeases ? 40_000 : 0,
  );
  const polling = longest(({ retrySeconds }) => retrySeconds) * 2.2 * 2;
  const requests = longest(({ renewSeconds }) => renewSeconds);
  const waiting = lease + polling + requests + LONGEST_CALLBACK_MS;
  return 12_000 + 6000 + waiting * (1 + WIDEST_DRIFT);
}
