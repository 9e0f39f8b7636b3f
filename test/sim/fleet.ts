import type { LeaderElectionMachine } from '../../machines/leader-election.js';
import { ClientGoCandidate } from './candidates/client-go.js';
import { ForeignCandidate } from './candidates/foreign.js';
import { OurCandidate, type Seeded } from './candidates/ours.js';
import { PythonCandidate } from './candidates/python.js';
import type { Role } from './migration/rollout.js';
import type { Scenario, SlotPlan } from './scenario.js';
import type { OwnProcess } from '../../src/lock/evidence/own-process.js';
import { Kubelet } from './pods/kubelet.js';
import type { PodStore } from './pods/pod-store.js';
import { Host } from './world/host.js';
import { Link } from './world/link.js';
import type { Network } from './world/network.js';
import { SimProcess } from './world/process.js';
import { Random } from './world/random.js';
import type { World } from './world/world.js';

export const EPOCH_MS = Date.UTC(2026, 0, 1);

const LONGEST_FOREIGN_PAUSE_MS = 20_000;

export interface FleetOptions {
  readonly world: World;
  readonly network: Network;
  readonly scenario: Scenario;
  readonly machine: LeaderElectionMachine;
  readonly seeded: Seeded | null;
  readonly untold: boolean;
  /** All begin with the old lock alone. */
  readonly migrates?: boolean;
  /** Each machine is a node, with a kubelet that writes there; null: there are no pods. */
  readonly pods: PodStore | null;
  readonly count: (fault: string) => void;
}

const LOCKS_OF = {
  old: 'ConfigMap',
  both: ['ConfigMap', 'Lease'],
  new: 'Lease',
} as const;

/** A machine in the cluster, and what runs on it at the moment. */
export class Slot {
  readonly plan: SlotPlan;
  readonly host: Host;
  readonly link = new Link();
  readonly random: Random;
  process: SimProcess | null = null;
  /** Who its process is to others; null: there are no pods. */
  own: OwnProcess | null = null;
  kubelet: Kubelet | null = null;
  /** Its process is a second one in the container of that other; null: it has a machine of its own. */
  beside: Slot | null = null;
  candidate: OurCandidate | ForeignCandidate | null = null;
  identity: string;
  /** How many processes, and how many candidacies, there were. */
  processes = 0;
  runs = 0;
  /** Null: the fleet has one lock, and stays with it. */
  role: Role | null = null;

  constructor(world: World, plan: SlotPlan, name: string, seed: number) {
    const random = new Random(seed, name);
    this.plan = plan;
    this.random = random;
    const wallMs = EPOCH_MS + plan.wallOffsetMs;
    this.host = new Host(world, name, plan.clockRate, wallMs, random.between(1000, 9e6));
    this.identity = plan.identity;
  }

  /** Where its container is. */
  get node(): Slot {
    return this.beside ?? this;
  }

  get ours(): OurCandidate | null {
    return this.candidate instanceof OurCandidate ? this.candidate : null;
  }

  get foreign(): ForeignCandidate | null {
    return this.candidate instanceof ForeignCandidate ? this.candidate : null;
  }
}

/** All candidates; starts them, and starts them again when they have ended or crashed. */
export class Fleet {
  readonly slots: readonly Slot[];
  readonly #options: FleetOptions;

  constructor(options: FleetOptions) {
    const { world, scenario } = options;
    this.#options = options;
    this.slots = scenario.slots.map((plan, i) => new Slot(world, plan, `m${i + 1}`, scenario.seed));
    if (options.migrates === true) for (const slot of this.slots) slot.role = 'old';
    const { pods: store, count } = options;
    if (store === null) return;
    for (const slot of this.slots) {
      const { host } = slot;
      if (slot.plan.library !== 'ours') continue;
      const random = new Random(scenario.seed, `kubelet of ${host.name}`);
      const elsewhere = new Random(scenario.seed, `elsewhere than ${host.name}`);
      slot.kubelet = new Kubelet({ world, host, store, random, elsewhere, node: host.name, count });
    }
    this.#putTwoTogether();
  }

  /** In some fleets two candidates are processes of one container. */
  #putTwoTogether(): void {
    const random = new Random(this.#options.scenario.seed, 'siblings');
    const [first, ...others] = this.slots.filter(({ kubelet }) => kubelet !== null);
    const last = others.at(-1);
    if (first === undefined || last === undefined || !random.chance(0.25)) return;
    last.kubelet = null;
    last.beside = first;
  }

  /** A new process, with the same identity as before or a new one. */
  start(slot: Slot): void {
    const { world } = this.#options;
    // It begins when its container has begun, and one that runs there already is left alone.
    if (slot.beside !== null && (slot.node.process?.dead !== false || slot.process?.dead === false))
      return;
    slot.processes += 1;
    if (!slot.plan.keepsIdentity && slot.processes > 1) {
      slot.identity = `${slot.plan.identity}-${slot.processes}`;
    }
    slot.own = slot.node.kubelet?.begin(slot.beside !== null) ?? null;
    slot.process = new SimProcess(world, slot.host, new Random(slot.random.int(0, 2 ** 31)));
    if (slot.host.asleep) slot.process.freeze('asleep');
    slot.candidate = this.#newCandidate(slot, slot.process);
    this.#run(slot);
    for (const other of this.#besides(slot)) {
      world.after(other.random.skewed(10, 8000), () => {
        this.start(other);
      });
    }
  }

  #besides(slot: Slot): Slot[] {
    return this.slots.filter(({ beside }) => beside === slot);
  }

  crash(slot: Slot, restartAfterMs: number): void {
    const { world } = this.#options;
    const { process, candidate } = slot;
    if (process === null || process.dead) return;
    process.kill();
    if (candidate !== null) world.record({ kind: 'crashed', t: world.now, who: candidate.who });
    slot.candidate = null;
    if (slot.beside === null) slot.kubelet?.end();
    else slot.node.kubelet?.endOf(slot.own);
    for (const other of this.#besides(slot)) this.crash(other, Infinity);
    if (restartAfterMs === Infinity) return;
    world.after(slot.kubelet?.downFor(restartAfterMs) ?? restartAfterMs, () => {
      if (slot.process === process) this.start(slot);
    });
  }

  /** Another process in place of the one that runs there, with other locks. */
  replace(slot: Slot, role: Role): void {
    this.crash(slot, Infinity);
    slot.role = role;
    this.start(slot);
  }

  /** What has crashed runs again. */
  restartAll(): void {
    for (const slot of this.slots) if (slot.process?.dead !== false) this.start(slot);
  }

  /** The machine of the candidate of ours that leads now. */
  get leading(): Slot | null {
    return this.slots.find(({ ours }) => ours?.ask().leader === true) ?? null;
  }

  /** The machine of a candidate of another library that believes that it leads. */
  get leadingForeigner(): Slot | null {
    return this.slots.find(({ foreign }) => foreign?.isLeading === true) ?? null;
  }

  #run(slot: Slot): void {
    const { process, candidate } = slot;
    if (process === null || candidate === null) return;
    process.deliver(() => {
      slot.runs += 1;
      candidate.run(`${slot.host.name}.${slot.runs}`, () => {
        this.#runAgain(slot, process);
      });
    });
  }

  /** The candidacy has ended: the program makes a new attempt, with the same object or a new one. */
  #runAgain(slot: Slot, process: SimProcess): void {
    const { world, scenario } = this.#options;
    const { random, foreign } = slot;
    // One of another library holds on to the lock for long, once it has it.
    const pauseMs = foreign === null ? scenario.longestPauseMs : LONGEST_FOREIGN_PAUSE_MS;
    world.after(random.skewed(1, pauseMs), () => {
      if (slot.process !== process || process.dead) return;
      if (slot.random.chance(0.6)) {
        // Until it has begun, what becomes of its process is told of the one before.
        const { who = '' } = slot.candidate ?? {};
        slot.candidate = this.#newCandidate(slot, process);
        slot.candidate.who = who;
      }
      this.#run(slot);
    });
  }

  #newCandidate(slot: Slot, process: SimProcess): OurCandidate | ForeignCandidate {
    const { world, network, scenario, machine, seeded, untold } = this.#options;
    const { link, identity, plan, own } = slot;
    const processName = `${slot.host.name}#${slot.processes}`;
    const random = new Random(slot.random.int(0, 2 ** 31));
    const around = {
      ...{ world, network, process, processName, own, link, random, machine, seeded, untold },
    };
    const { role } = slot;
    // Those of other libraries are what is left behind.
    if (plan.library === 'ours' || role === 'both' || role === 'new') {
      const lockKind = role === null ? plan.options.lockKind : LOCKS_OF[role];
      return new OurCandidate({ ...plan.options, lockKind, identity, timing: plan.timing }, around);
    }
    const options = {
      library: plan.library,
      identity,
      lockKind: role === null ? scenario.lockKind : LOCKS_OF.old,
      timing: plan.timing,
    };
    return plan.library === 'python'
      ? new PythonCandidate(options, around)
      : new ClientGoCandidate(options, around);
  }
}
