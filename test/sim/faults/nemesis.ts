import type { Fleet, Slot } from '../fleet.js';
import type { Scenario } from '../scenario.js';
import type { PodTroubles } from '../pods/pod-troubles.js';
import type { Network } from '../world/network.js';
import type { Frozen } from '../world/process.js';
import { Random } from '../world/random.js';
import type { SimServer } from '../world/server.js';
import type { World } from '../world/world.js';
import { ManualEdits } from './manual-edits.js';
import type { FaultKind, Worsen } from './kinds.js';
import { LastingTroubles } from './lasting-troubles.js';
import { WatchTroubles } from './watch-troubles.js';

export interface NemesisOptions {
  readonly world: World;
  readonly server: SimServer;
  readonly network: Network;
  readonly fleet: Fleet;
  readonly scenario: Scenario;
  readonly count: (fault: string) => void;
  /** What may befall pods; null: there are none. */
  readonly pods: PodTroubles | null;
}

/** A pod gets into trouble so often, on average. */
const POD_TROUBLE_EVERY_MS = 4000;

/** A wall clock may not be set back near a sleep: then neither clock would tell the time that passed. */
const APART_MS = 120_000;

/** Makes things go wrong, one after the other and beside each other, until it is told to rest. */
export class Nemesis {
  readonly #options: NemesisOptions;
  readonly #random: Random;
  readonly #manualEdits: ManualEdits;
  readonly #watchTroubles: WatchTroubles;
  readonly #lasting: LastingTroubles;
  readonly #undo = new Set<() => void>();
  /** How things are that faults have changed, when nothing is wrong with them. */
  readonly #usual = new WeakMap<object, object>();
  #active = false;

  constructor(options: NemesisOptions) {
    const { scenario, server } = options;
    this.#options = options;
    this.#random = new Random(scenario.seed, 'nemesis');
    const random = new Random(scenario.seed, 'manual edits');
    const worsen: Worsen = (ms, what, how) => {
      this.#worsen(ms, what, how);
    };
    const { streams } = options.network;
    const chance = (stream: string): Random => new Random(scenario.seed, stream);
    this.#watchTroubles = new WatchTroubles(streams, chance('watch troubles'), worsen);
    this.#lasting = new LastingTroubles(server, options.network, chance('lasting'), worsen);
    this.#manualEdits = new ManualEdits(
      server,
      random,
      scenario.lockKind,
      scenario.editedLeaseSeconds,
    );
  }

  begin(): void {
    const { scenario } = this.#options;
    this.#active = true;
    this.#repeat(scenario.faultEveryMs, () => {
      if (this.#lasting.sparesLeader) return;
      this.#strike(this.#random.pick(scenario.faults));
    });
    // A lock that is given back says nothing of what becomes of one whose holder dies.
    this.#repeat(scenario.stopEveryMs * (this.#options.pods === null ? 1 : 5), () => {
      const { fleet } = this.#options;
      if (this.#lasting.sparesLeader) return;
      // Now and then one that does not lead.
      const slot = this.#random.chance(0.9)
        ? (fleet.leading ?? fleet.leadingForeigner)
        : this.#random.pick(fleet.slots);
      if (slot === null) return;
      if (this.#random.chance(0.25)) {
        this.#askToStepDown();
        return;
      }
      this.#options.count('stop() called');
      slot.process?.deliver(() => slot.candidate?.stop());
    });
    const { pods } = this.#options;
    if (pods !== null) {
      this.#repeat(POD_TROUBLE_EVERY_MS, () => {
        if (!this.#lasting.sparesLeader) pods.strike();
      });
    }
    // For nothing, at any time.
    this.#repeat(scenario.wakeEveryMs, () => {
      const slot = this.#random.pick(this.#options.fleet.slots);
      this.#options.count('wake');
      slot.process?.deliver(() => slot.ours?.wake());
    });
  }

  /** Ends every fault that is in force, and causes no more. */
  rest(): void {
    this.#active = false;
    for (const undo of [...this.#undo]) undo();
  }

  #repeat(meanMs: number, act: () => void): void {
    const { world } = this.#options;
    world.after(this.#random.exponential(meanMs), () => {
      if (!this.#active) return;
      act();
      this.#repeat(meanMs, act);
    });
  }

  /** In force until `undo`, which comes after that time or when all is to be quiet. */
  #during(ms: number, undo: () => void): void {
    const once = (): void => {
      if (!this.#undo.delete(once)) return;
      this.#options.world.notice();
      undo();
    };
    this.#undo.add(once);
    this.#options.world.after(ms, once);
  }

  /** Unlike stop(), that leaves it a candidate: its own record may be what it finds and claims. */
  #askToStepDown(): void {
    const { count, network, scenario } = this.#options;
    count('leader asked to step down');
    this.#manualEdits.askToStepDown();
    const fault = 'connections break under writes';
    if (!scenario.faults.includes(fault) || !this.#random.chance(0.3)) return;
    count(fault);
    const breaksUnderWrites = this.#random.between(0.5, 1);
    this.#worsen(this.#random.skewed(500, 8000), network, { breaksUnderWrites });
  }

  /** The leader's machine more often than not: that is where it hurts. */
  #target(): Slot {
    const { fleet } = this.#options;
    return (this.#random.chance(0.6) ? fleet.leading : null) ?? this.#random.pick(fleet.slots);
  }

  #strike(fault: FaultKind): void {
    const { world, server, network, scenario } = this.#options;
    const random = this.#random;
    world.notice();
    const slot = this.#target();
    const lasts = this.#drawDuration(slot);
    if (!this.#note(fault, slot, lasts)) return;
    switch (fault) {
      case 'process stopped':
        this.#freeze(slot, 'stopped', lasts);
        break;
      case 'event loop blocked':
        this.#freeze(slot, 'blocked', lasts);
        break;
      case 'machine asleep':
        this.#sleep(slot, lasts);
        break;
      case 'stopped while sending':
        this.#worsen(lasts, network, { stopsAtSending: 0.3 });
        break;
      case 'crash':
        this.#options.fleet.crash(slot, random.skewed(10, scenario.longestRestartMs));
        break;
      case 'object deleted and leader gone':
        // Nobody puts the object back before all have waited: they create it at the same time.
        this.#manualEdits.remember();
        this.#manualEdits.delete();
        this.#options.fleet.crash(
          this.#options.fleet.leading ?? slot,
          random.between(0.5, 2) * slot.plan.timing.leaseSeconds * 1000,
        );
        break;
      case 'wall clock set forward':
        slot.host.setWall(random.skewed(50, 3_600_000));
        break;
      case 'wall clock set back':
        // Of a node whose container is down, that is for its kubelet to do.
        if (slot.kubelet !== null && slot.process?.dead === true) break;
        if (!slot.host.asleep && world.now - slot.host.lastSleptAt > APART_MS) {
          const { monotonicMs, wallMs } = slot.host;
          const who = slot.ours?.who ?? '';
          world.record({ kind: 'setBack', t: world.now, who, local: { monotonicMs, wallMs } });
          slot.host.setWall(-random.skewed(50, 3_600_000));
        }
        break;
      case 'cut both ways':
        this.#cut(slot, lasts, true, true);
        break;
      case 'cut towards the server':
        this.#cut(slot, lasts, true, false);
        break;
      case 'cut from the server':
        this.#cut(slot, lasts, false, true);
        break;
      case 'slow network':
        this.#worsen(lasts, slot.link, { delayMs: [5, random.skewed(100, 12_000)] });
        break;
      case 'lossy network':
        this.#worsen(lasts, slot.link, { lost: random.next() / 2, lostAnswer: random.next() / 2 });
        break;
      case 'hanging requests':
        this.#worsen(lasts, slot.link, { hangs: random.next() });
        break;
      case 'connections reset':
        this.#worsen(lasts, slot.link, { reset: random.next() });
        break;
      case 'connections break under writes':
        this.#worsen(lasts, network, { breaksUnderWrites: random.next() });
        break;
      case 'requests delivered twice':
        this.#worsen(lasts, slot.link, { duplicated: random.next() });
        break;
      case 'API server restart':
        network.resetAll();
        this.#worsen(this.#drawOutage(), server.trouble, { down: true });
        break;
      case 'etcd unavailable':
        this.#worsen(this.#drawOutage(), server.trouble, { etcdDown: true });
        break;
      case 'throttling':
        this.#worsen(lasts, server.trouble, { throttles: random.next() });
        break;
      case 'server errors':
        this.#worsen(lasts, server.trouble, { fails: random.next() });
        break;
      default:
        if (this.#watchTroubles.strike(fault, slot.link, lasts)) return;
        if (!this.#lasting.strike(fault, slot)) this.#editByHand(fault);
    }
  }

  /** Often about as long as a lease: that is when a leader that is cut off is succeeded. */
  #drawDuration({ plan }: Slot): number {
    const random = this.#random;
    if (random.chance(0.6)) return random.skewed(50, this.#options.scenario.longestFaultMs);
    return plan.timing.leaseSeconds * 1000 * random.between(0.6, 2);
  }

  #drawOutage(): number {
    return this.#random.skewed(100, this.#options.scenario.longestFaultMs / 2);
  }

  /** False when it cannot be had now. */
  #note(fault: FaultKind, slot: Slot, lastsMs: number): boolean {
    const { world, count } = this.#options;
    if (fault === 'machine asleep' && world.now - slot.host.lastSetBackAt < APART_MS) return false;
    count(fault);
    const what = `${fault} (${slot.host.name}, ${(lastsMs / 1000).toFixed(2)} s)`;
    world.record({ kind: 'fault', t: world.now, what });
    return true;
  }

  #freeze(slot: Slot, how: Frozen, ms: number): void {
    const { world } = this.#options;
    const { process } = slot;
    if (process === null || process.dead) return;
    const record = (kind: 'froze' | 'thawed'): void => {
      const who = slot.candidate?.who;
      if (who === undefined || process.dead) return;
      world.record(
        kind === 'froze' ? { kind, t: world.now, who, how } : { kind, t: world.now, who },
      );
    };
    record('froze');
    process.freeze(how);
    this.#during(ms, () => {
      record('thawed');
      process.thaw(how);
    });
  }

  #sleep(slot: Slot, ms: number): void {
    if (slot.host.asleep) return;
    slot.host.sleep();
    this.#during(ms, () => {
      slot.host.wake();
      slot.process?.thaw('asleep');
    });
    const { process } = slot;
    process?.freeze('asleep');
  }

  #cut({ link }: Slot, ms: number, up: boolean, down: boolean): void {
    link.cutUp ||= up;
    link.cutDown ||= down;
    this.#during(ms, () => {
      this.#options.network.heal(link);
    });
  }

  /** Makes that so for a while; then it is again as it was before any fault. */
  #worsen<T extends object>(ms: number, what: T, how: Partial<T>): void {
    const usual: Partial<T> = this.#usual.get(what) ?? { ...what };
    this.#usual.set(what, usual);
    Object.assign(what, how);
    this.#during(ms, () => {
      for (const name of Object.keys(how) as (keyof T)[]) {
        Object.assign(what, { [name]: usual[name] });
      }
    });
  }

  #editByHand(fault: FaultKind): void {
    const edits = this.#manualEdits;
    edits.remember();
    if (fault === 'holder written over') edits.writeOver('somebody-else');
    else if (fault === 'identity squatted') {
      edits.writeOver(this.#random.pick(this.#options.fleet.slots).identity);
    } else edits[EDITS[fault] ?? 'rollBack']();
  }
}

const EDITS: Partial<Record<FaultKind, Exclude<keyof ManualEdits, 'remember' | 'writeOver'>>> = {
  'object deleted': 'delete',
  'labels edited': 'editForeignContent',
  'holder cleared': 'clear',
  'record stripped': 'strip',
  'record malformed': 'malform',
  'record without acquireTime': 'removeAcquireTime',
  'leader asked to step down': 'askToStepDown',
};
