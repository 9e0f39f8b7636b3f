import { setTimeout as delay } from 'node:timers/promises';
import type { PodCandidate } from './candidates.js';
import type { PodFleet } from './pod-fleet.js';
import { machineNow } from './pod-report.js';
import type { TestNode } from './test-node.js';

/** What the lease allows to pass after a crash: itself, and the candidates' spread, in milliseconds. */
const LEASE_MS = 15_000;
/** A takeover before that was no wait for the lease, which may have been renewed up to 2 s before. */
const NO_EVIDENCE_MS = 12_500;

export interface Outcome {
  /** From the fault to the first moment of the next term, in milliseconds, each time. */
  readonly takeoverMs: readonly number[];
  /** What did not come out as it had to; empty where all did. */
  readonly faults: readonly string[];
}

export interface Scenario {
  readonly name: string;
  /** How often it is done in the tests, and by the command. */
  readonly rounds: { readonly few: number; readonly all: number };
  /** Whether the next leader takes over long before the lease has run out: those that heed the kubelet, or all. */
  readonly expects: 'evidence' | 'release' | 'lease';
  /** Only where the work is a process of its own. */
  readonly ofWorker?: true;
  /** Brings the trouble about, on the pod that leads. Returns when that was. */
  readonly trouble: (fleet: PodFleet, leader: string, node: TestNode) => Promise<number>;
  /** Makes good what does not heal by itself. */
  readonly after?: (fleet: PodFleet, leader: string, node: TestNode) => Promise<void>;
}

const PROBE = {
  exec: { command: ['/usr/bin/sh', '-c', 'test ! -e "/control/$POD_NAME"'] },
  periodSeconds: 1,
  failureThreshold: 1,
  terminationGracePeriodSeconds: 1,
};

/** Every pod has these: a limit that one of the troubles exceeds, and a probe that another one fails. */
const POD = { memory: '256Mi', livenessProbe: PROBE } as const;

const again = async (fleet: PodFleet, leader: string): Promise<void> => {
  await fleet.gone(leader);
  await fleet.start(leader, POD);
};

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'SIGKILL',
    rounds: { few: 2, all: 30 },
    expects: 'evidence',
    trouble: async (fleet, leader) => fleet.signal(leader, 'SIGKILL'),
  },
  {
    name: 'SIGKILL of the command alone',
    rounds: { few: 0, all: 5 },
    expects: 'release',
    ofWorker: true,
    trouble: async (fleet, leader) => fleet.signal(leader, 'SIGKILL', 'worker'),
  },
  {
    name: 'out of memory',
    rounds: { few: 1, all: 10 },
    expects: 'evidence',
    trouble: async (fleet, leader) => {
      const ended = fleet.ended(leader);
      fleet.signal(leader, 'SIGUSR2', 'worker');
      return ended;
    },
  },
  {
    name: 'an exception that nobody catches',
    rounds: { few: 0, all: 5 },
    expects: 'evidence',
    trouble: async (fleet, leader) => fleet.signal(leader, 'SIGHUP'),
  },
  {
    name: 'liveness probe, of a process that is stopped',
    rounds: { few: 0, all: 3 },
    expects: 'evidence',
    trouble: async (fleet, leader) => {
      const ended = fleet.ended(leader);
      fleet.signal(leader, 'SIGSTOP');
      fleet.fallIll(leader);
      // The kubelet takes a second to notice, and one more to lose its patience.
      return ended;
    },
    after: async (fleet, leader) => fleet.recover(leader),
  },
  {
    name: 'eviction',
    rounds: { few: 0, all: 3 },
    expects: 'release',
    trouble: async (fleet, leader) => fleet.evict(leader),
    after: again,
  },
  {
    name: 'deletion, with time to end',
    rounds: { few: 0, all: 3 },
    expects: 'release',
    trouble: async (fleet, leader) => fleet.remove(leader, { graceSeconds: 10 }),
    after: again,
  },
  {
    name: 'forced deletion, of a process that is stopped',
    rounds: { few: 1, all: 3 },
    expects: 'lease',
    trouble: async (fleet, leader) => {
      const at = fleet.signal(leader, 'SIGSTOP');
      await fleet.remove(leader, { graceSeconds: 0 });
      return at;
    },
    after: again,
  },
  {
    name: 'container lost by its runtime, of a process that lives on',
    rounds: { few: 0, all: 2 },
    expects: 'lease',
    trouble: async (fleet, leader, node) => {
      const since = machineNow();
      const lost = fleet.processesOf(leader);
      await node.loseContainer(await fleet.containerOf(leader));
      await fleet.startedAgain(leader, since);
      // It leads beside the instance that was started, and whoever takes that for its end does so by now.
      await delay(3000);
      return fleet.signalThese(lost, 'SIGSTOP');
    },
    after: async (fleet, leader) => {
      // It wakes beside another leader. Nobody but us can end it.
      fleet.signal(leader, 'SIGCONT');
      await delay(1000);
      const since = fleet.signal(leader, 'SIGKILL');
      await fleet.startedAgain(leader, since);
    },
  },
  {
    name: 'kubelet dead for a minute, and SIGKILL meanwhile',
    rounds: { few: 0, all: 1 },
    expects: 'lease',
    trouble: async (fleet, leader, node) => {
      await node.killKubelet();
      return fleet.signal(leader, 'SIGKILL');
    },
    after: async (fleet, leader, node) => {
      await delay(60_000 - LEASE_MS);
      const since = machineNow();
      await node.startKubelet();
      await fleet.startedAgain(leader, since);
    },
  },
  {
    name: 'crash loop, ten times',
    rounds: { few: 0, all: 2 },
    expects: 'evidence',
    trouble: async (fleet, leader) => {
      const first = fleet.signal(leader, 'SIGKILL');
      for (let crash = 1, at = first; crash < 10; crash += 1) {
        await fleet.startedAgain(leader, at);
        at = fleet.signal(leader, 'SIGKILL');
      }
      return first;
    },
  },
  {
    name: 'rolling update, a pod after the other',
    rounds: { few: 0, all: 1 },
    expects: 'release',
    trouble: async (fleet, leader) => {
      let at = 0;
      for (const old of [...fleet.pods].filter((name) => name !== leader).concat(leader)) {
        await fleet.start(`${old}-next`, POD);
        at = await fleet.remove(old, { graceSeconds: 10 });
        await fleet.gone(old);
      }
      return at;
    },
  },
];

/** What can happen to those candidates. */
export function scenariosFor({ worker }: PodCandidate): Scenario[] {
  return SCENARIOS.filter(({ ofWorker }) => ofWorker !== true || worker !== '');
}

/** Starts three pods and does it so often; what is seen is what they have written. */
export async function play(
  scenario: Scenario,
  fleet: PodFleet,
  node: TestNode,
  rounds: number,
): Promise<Outcome> {
  for (const name of ['a', 'b', 'c']) await fleet.start(name, POD);
  const takeoverMs: number[] = [];
  const faults: string[] = [];
  const waits =
    scenario.expects === 'lease' ||
    (scenario.expects === 'evidence' && !fleet.candidate.heedsKubelet);
  for (let round = 0; round < rounds; round += 1) {
    const leader = await fleet.leader();
    if (scenario.expects === 'evidence' && !waits) await fleet.offers(leader);
    const before = machineNow();
    const at = await scenario.trouble(fleet, leader, node);
    const afterMs = (await fleet.nextTerm(before)) - at;
    takeoverMs.push(afterMs);
    if (waits && afterMs < NO_EVIDENCE_MS) {
      faults.push(`${scenario.name}: taken after ${afterMs} ms, without any evidence`);
    }
    if (!waits && afterMs > NO_EVIDENCE_MS) {
      faults.push(`${scenario.name}: taken after ${afterMs} ms only`);
    }
    await scenario.after?.(fleet, leader, node);
  }
  return { takeoverMs, faults: [...faults, ...fleet.overlaps()] };
}
