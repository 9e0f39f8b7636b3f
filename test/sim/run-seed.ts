import {
  type LeaderElectionMachine,
  makeLeaderElectionMachine,
} from '../../machines/leader-election.js';
import type { Seeded } from './candidates/ours.js';
import { Nemesis } from './faults/nemesis.js';
import type { Fact } from './facts.js';
import { EPOCH_MS, Fleet } from './fleet.js';
import { loadEvidence } from '../../src/lock/load-evidence.js';
import { PodTroubles } from './pods/pod-troubles.js';
import { Observer } from './observer.js';
import { Phases } from './phases.js';
import { type Scenario, drawScenario } from './scenario.js';
import { Timeline } from './timeline.js';
import type { Margin } from './verifier/margins.js';
import type { Violation } from './verifier/rule.js';
import { Verifier } from './verifier/verifier.js';
import { Network } from './world/network.js';
import { Random } from './world/random.js';
import { SimServer } from './world/server.js';
import { underVirtualTime } from './world/virtual-globals.js';
import { World } from './world/world.js';

export interface RunOptions {
  readonly seed: number;
  /** The run ends when so many terms have begun; when the scenario is slow, a quarter of them. */
  readonly terms: number;
  readonly seeded?: Seeded | null;
  /** Clocks run further apart than lease and renew deadline allow. */
  readonly beyondBound?: boolean;
  /** The applications have no `onStoppedLeading`, so that some stops have nothing to wait for. */
  readonly untold?: boolean;
  /** The candidates are in pods, and most of them heed what kubelets say. */
  readonly pods?: boolean;
  /** Called with each fact, for a full log. */
  readonly onFact?: (fact: Fact) => void;
  /** Ask nobody whether it leads. The verifier is blind then. */
  readonly askNobody?: boolean;
  /** End at the first violation of this rule, or of any. */
  readonly until?: string;
}

export interface RunResult {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly terms: number;
  readonly simulatedMs: number;
  readonly cpuMs: number;
  readonly faults: Readonly<Record<string, number>>;
  /** How the terms came about. */
  readonly takeovers: Readonly<Record<string, number>>;
  readonly violations: readonly (Violation & { readonly timeline: readonly string[] })[];
  readonly worstMargin: Margin | null;
  readonly closestMargin: Margin | null;
  readonly longestWaitMs: number;
  /** The same for two runs exactly when the same things happened in them. */
  readonly hash: string;
  /** Over what happened until all was quiet, but for what the simulation asked the candidates. */
  readonly hashOfEvents: string;
}

/** However few terms there are, a run ends then. */
const LONGEST_MS = 3_600_000;

const machine: LeaderElectionMachine = makeLeaderElectionMachine();

/** One simulation from one seed. The same seed does the same to the last digit. */
export async function runSeed(options: RunOptions): Promise<RunResult> {
  const { seed, seeded = null, untold = false, pods = false } = options;
  // Before time is virtual: loading takes real time, which a simulated process has none of.
  if (pods) await loadEvidence();
  const cpuBefore = process.cpuUsage();
  const scenario = drawScenario(seed, options.beyondBound);
  const faults: Record<string, number> = {};
  const count = (fault: string): void => {
    faults[fault] = (faults[fault] ?? 0) + 1;
  };
  const timeline = new Timeline();
  const violations: (Violation & { timeline: string[] })[] = [];
  const verifier = new Verifier((violation) => {
    violations.push({ ...violation, timeline: timeline.lines() });
    if (options.until === undefined || options.until === violation.rule) world.end();
  });
  const world: World = new World(
    (fact) => {
      timeline.add(fact);
      options.onFact?.(fact);
      verifier.observe(fact);
      observer.observe(fact);
    },
    () => {
      if (options.askNobody !== true) observer.askAll();
    },
  );
  const server = new SimServer(world, new Random(seed, 'server'), EPOCH_MS, count);
  const network = new Network(world, server, new Random(seed, 'network'), count);
  network.streams.trouble.refused = scenario.watchesRefused;
  const fleet = new Fleet({
    ...{ world, network, scenario, machine, seeded, untold, count },
    pods: pods ? server.pods : null,
  });
  const podRandom = new Random(seed, 'pod troubles');
  const troubles = pods ? new PodTroubles(world, fleet, podRandom, count) : null;
  const nemesis = new Nemesis({ world, server, network, fleet, scenario, count, pods: troubles });
  const observer = new Observer(world, fleet);
  const enough = scenario.pace === 'slow' ? Math.ceil(options.terms / 4) : options.terms;
  const phases = new Phases(world, scenario, nemesis, fleet, () => ({
    enough: verifier.terms >= enough || world.now > LONGEST_MS,
    settled: !verifier.awaitsLeader,
  }));
  for (const slot of fleet.slots) {
    world.after(slot.random.skewed(1, 5000), () => {
      fleet.start(slot);
    });
  }
  phases.begin();
  await underVirtualTime(world, seed, () => world.run());
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    seed,
    scenario,
    cpuMs: (user + system) / 1000,
    terms: verifier.terms,
    simulatedMs: world.now,
    faults,
    takeovers: verifier.takeovers,
    violations,
    worstMargin: verifier.worstMargin,
    closestMargin: verifier.closestMargin,
    longestWaitMs: verifier.longestWaitMs,
    hash: timeline.hash,
    hashOfEvents: timeline.hashOfEvents,
  };
}
