import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '../e2e/fleet/fleet.js';
import { machineNow } from '../e2e/fleet/report.js';
import { startRealApiServer } from '../support/real-api-server.js';
import type { RunningApiServer } from '../support/api-server-types.js';
import { check, type Findings } from './checker.js';
import { Group } from './group.js';
import { type GlobalFault, localFaults, randomFrom } from './plan.js';

export interface ChaosOptions {
  readonly seed: number;
  /** Faults in all, those of the API server included. */
  readonly faults: number;
  readonly program?: Program;
  readonly log?: (line: string) => void;
}

export interface ChaosResult {
  readonly faultsByName: Readonly<Record<string, number>>;
  readonly groups: readonly Findings[];
  readonly minutes: number;
}

const GROUPS = 4;
const TIMINGS = { leaseDurationSeconds: 5, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 };

/** More than any fault should take to be overcome; beyond it the run fails with the last reports. */
const PATIENCE_MS = 45_000;

/** How many rounds of local faults pass between two faults of the API server itself. */
const ROUNDS_PER_OUTAGE = 8;

/** Candidates of several locks on a real API server, one fault after another in each group. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, program, log = () => undefined } = options;
  const startedAt = machineNow();
  const users = Array.from({ length: GROUPS }, (_, index) => `chaos-${index}`);
  await using server = await startRealApiServer({ users });
  await using all = new Groups();
  const { groups } = all;
  for (const index of users.keys()) {
    groups.push(await Group.start(server, { index, timings: TIMINGS, ...options }));
  }
  const random = randomFrom(seed);
  const plans = groups.map(() => localFaults(random, TIMINGS, program === undefined));
  // Each group begins at another place of the list, so that short runs see many kinds, too.
  plans.forEach((plan, index) => {
    for (let i = 0; i < index * 4; i++) plan.next();
  });
  let done = 0;
  for (let round = 0; done < options.faults; round++) {
    const turn = groups.slice(0, options.faults - done);
    await Promise.all(turn.map((group, i) => oneRound(group, plans[i], random)));
    done += turn.length;
    log(`${done} of ${options.faults} faults`);
    if (round % ROUNDS_PER_OUTAGE === 1 && done < options.faults) {
      await outage(
        server,
        groups,
        round % (2 * ROUNDS_PER_OUTAGE) === 1 ? 'killApiServer' : 'killEtcd',
        random,
      );
      done += 1;
      log(`${done} of ${options.faults} faults (the API server's)`);
    }
  }
  await Promise.all(groups.map((group) => group.leader(PATIENCE_MS)));
  await sleep(TIMINGS.retryPeriodSeconds * 2000);
  return {
    faultsByName: countByName(groups),
    groups: groups.map(({ fleet, faults }) => check(fleet.reigns(), faults, TIMINGS)),
    minutes: (machineNow() - startedAt) / 60_000,
  };
}

async function oneRound(
  group: Group,
  plan: ReturnType<typeof localFaults> | undefined,
  random: () => number,
): Promise<void> {
  const leader = await group.leader(PATIENCE_MS);
  // Mostly the leader: there it matters.
  const others = group.candidates.filter((who) => who !== leader);
  const other = others[Math.floor(random() * others.length)] ?? leader;
  const fault = plan?.next().value;
  if (fault !== undefined) await group.inflict(fault, random() < 0.8 ? leader : other);
  await sleep(TIMINGS.retryPeriodSeconds * 1000 * (1 + random()));
}

async function outage(
  server: RunningApiServer,
  groups: readonly Group[],
  what: GlobalFault,
  random: () => number,
): Promise<void> {
  const from = machineNow();
  if (what === 'killApiServer') {
    await server.killApiServer('SIGKILL');
    await sleep(3_000 * random());
    await server.startApiServerAgain();
  } else {
    await server.killEtcd('SIGKILL');
    await sleep(3_000 * random());
    await server.startEtcdAgain();
  }
  const to = machineNow();
  for (const group of groups) group.faults.push({ name: what, target: 'everybody', from, to });
}

function countByName(groups: readonly Group[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const outages = groups[0]?.faults.filter(({ target }) => target === 'everybody') ?? [];
  const local = groups.flatMap(({ faults }) => faults.filter((f) => f.target !== 'everybody'));
  for (const { name } of [...local, ...outages]) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Groups that end together. */
class Groups implements AsyncDisposable {
  readonly groups: Group[] = [];

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.groups.map((group) => group[Symbol.asyncDispose]()));
  }
}
