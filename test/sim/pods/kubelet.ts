import type { OwnProcess } from '../../../src/lock/evidence/own-process.js';
import type { Json } from '../facts.js';
import type { Host } from '../world/host.js';
import type { Random } from '../world/random.js';
import type { World } from '../world/world.js';
import type { PodStore } from './pod-store.js';

export const CONTAINER = 'app';

/** What a kubelet knows of one instance of the container, by the clock of its node. */
interface Instance {
  readonly number: number;
  readonly createdMs: number;
  readonly startedMs: number;
  finishedMs: number | null;
}

export interface KubeletOptions {
  readonly world: World;
  readonly host: Host;
  readonly store: PodStore;
  readonly random: Random;
  readonly node: string;
  readonly count: (fault: string) => void;
}

/** A clock may be set back by less than that while a container restarts. */
const STEP_MS = 1950;

/**
 * One node, with one pod on it whose container `app` is the process of a candidate. It writes into the
 * API server what it knows: late, sometimes much later or not at all, and sometimes not all of it.
 */
export class Kubelet {
  readonly #options: KubeletOptions;
  #pod = { name: '', uid: '' };
  #shares = false;
  #hasSidecar = false;
  #sidecarEndedMs: number | null = null;
  #instances: Instance[] = [];
  #count = 0;
  #ticks = 0;
  #pods = 0;
  /** The pod was deleted, or its container given up, while the process lives on. */
  #isGone = false;
  /** What is told of the container in place of the truth. */
  #madeUp: Json | null = null;
  #phase: string | null = null;
  /** The instance before is left out, until the next status. */
  #forgetsLast = false;
  #wasSetBack = false;
  /** When the processes of the container began, by their numbers. */
  readonly #living = new Map<number, string>();
  /** The clock that the process is shown is behind that of the node, as in a sandbox of its own. */
  readonly #behindMs: number;

  constructor(options: KubeletOptions) {
    const { random } = options;
    this.#options = options;
    this.#behindMs = random.chance(0.1) ? random.between(3000, 30_000) : 0;
  }

  get podName(): string {
    return this.#pod.name;
  }

  /** The end of the container is not that of its processes. */
  get shares(): boolean {
    return this.#shares;
  }

  /** How long the container is down after a crash. Now and then it is backed off, and the clock mended. */
  downFor(ms: number): number {
    const { world, host, random, count } = this.#options;
    this.#wasSetBack = random.chance(0.08) && ms !== Infinity;
    if (!this.#wasSetBack) return ms;
    const backOffMs = random.between(10_000, 25_000);
    this.#write();
    world.after(backOffMs / 2, () => {
      count('clock of a node set back while its container is backed off');
      host.setWall(-random.skewed(2000, 100_000));
    });
    return backOffMs;
  }

  /**
   * The container is started, in the pod as it is or in another; who its process is.
   *
   * @param beside in the container that runs another process begins, beside the first
   */
  begin(beside = false): OwnProcess {
    if (beside) return this.#beginBeside();
    const { host, random } = this.#options;
    const inPlace = this.#pods > 0 && !this.#isGone && random.chance(0.6);
    if (!inPlace) this.#newPod();
    else if (!this.#wasSetBack && random.chance(0.2)) {
      this.#options.count('clock of a node set back while its container restarts');
      host.setWall(-random.between(0, STEP_MS));
    }
    const startedMs = host.wallMs;
    this.#count += 1;
    this.#living.clear();
    this.#instances.push({
      number: this.#count,
      createdMs: startedMs - random.between(10, 400),
      startedMs,
      finishedMs: null,
    });
    this.#instances.sort((a, b) => b.createdMs - a.createdMs);
    this.#forgetsLast = !this.#wasSetBack && random.chance(0.3);
    // Where the clocks differ, what is told at first is of the instance that runs.
    if (this.#behindMs > 0) this.#write();
    this.#publish();
    // Before it can have read its own pod: the one that it finds then is another.
    if (random.chance(0.06)) {
      const { uid } = this.#pod;
      this.#options.world.after(random.between(50, 900), () => {
        if (uid !== this.#pod.uid || this.#isGone) return;
        this.#options.count('pod deleted by force as it begins');
        this.deleteByForce();
      });
    }
    return this.#process(startedMs, 1);
  }

  /** Some time has passed, and of the instance that runs is told by then. */
  #beginBeside(): OwnProcess {
    const { host, count } = this.#options;
    count('a second process of a container begins');
    this.#write();
    return this.#process(host.wallMs, 2);
  }

  /** One that is not the first of its container has ended, and nothing is told. */
  endOf(process: OwnProcess | null): void {
    if (process !== null) this.#living.delete(process.pid);
  }

  /** The process, and with it the container, has ended. */
  end(): void {
    const { host } = this.#options;
    this.#living.clear();
    for (const instance of this.#instances) instance.finishedMs ??= host.wallMs;
    // The last one is kept.
    this.#instances.splice(1);
    this.#madeUp = null;
    this.#publish();
  }

  /** Only the container has: its processes are those of the pod. */
  endOfContainer(): void {
    const { host } = this.#options;
    for (const instance of this.#instances) instance.finishedMs ??= host.wallMs;
    this.#publish();
  }

  endOfSidecar(): void {
    this.#sidecarEndedMs = this.#options.host.wallMs;
    this.#publish();
  }

  /** The runtime has lost the container, it seems: the kubelet makes an end up. */
  loseContainer(): void {
    const { host, random } = this.#options;
    const at = random.chance(0.5) ? { finishedAt: time(host.wallMs) } : { finishedAt: null };
    this.#madeUp = { terminated: { reason: 'ContainerStatusUnknown', exitCode: 137, ...at } };
    this.#isGone = true;
    this.#publish();
  }

  /** An end is told without a time, for a while. */
  tellEndWithoutTime(): void {
    const { world, random } = this.#options;
    const finishedAt = random.pick(['', '0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z']);
    this.#madeUp = { terminated: { reason: 'Error', exitCode: 1, finishedAt } };
    this.#write();
    world.after(random.skewed(500, 20_000), () => {
      if (this.#isGone) return;
      this.#madeUp = null;
      this.#write();
    });
  }

  /** As a controller has it that has not heard of the node for long. */
  fail(): void {
    this.#phase = 'Failed';
    this.#isGone = true;
    this.#write();
  }

  /** The pod is deleted by force, and there may be another of its name at once, elsewhere. */
  deleteByForce(): void {
    const { world, store, random, host, count } = this.#options;
    const { name } = this.#pod;
    this.#isGone = true;
    store.remove(name);
    if (!random.chance(0.7)) return;
    count('pod of the same name');
    const uid = `${name}-elsewhere-${this.#pods}`;
    const beganMs = host.wallMs + random.between(0, 800);
    const other = (state: Json, lastState: Json): void => {
      store.put(this.#object({ name, uid }, [{ name: CONTAINER, state, lastState }]));
    };
    world.after(random.skewed(5, 1500), () => {
      other({ running: { startedAt: time(beganMs) } }, {});
    });
    world.after(random.skewed(3000, 15_000), () => {
      if ((store.get(name)?.['metadata'] as Json | undefined)?.['uid'] !== uid) return;
      const terminated = { reason: 'Error', finishedAt: time(host.wallMs) };
      other({ waiting: { reason: 'CrashLoopBackOff' } }, { terminated });
    });
  }

  #newPod(): void {
    const { random, node, store } = this.#options;
    this.#pods += 1;
    const isTaken = this.#isGone && store.get(this.#pod.name) !== null;
    const keepsName = this.#pods > 1 && !isTaken && random.chance(0.6);
    if (!keepsName && !isTaken) store.remove(this.#pod.name);
    const name = keepsName ? this.#pod.name : `${node}-${this.#pods}`;
    store.remove(name);
    this.#pod = { name, uid: `uid-${node}-${this.#pods}` };
    this.#shares = random.chance(0.15);
    this.#hasSidecar = random.chance(0.4);
    this.#sidecarEndedMs = null;
    this.#instances = [];
    this.#isGone = false;
    this.#madeUp = null;
    this.#phase = null;
  }

  #process(startedMs: number, pid: number): OwnProcess {
    const number = this.#count;
    this.#ticks += 1;
    const startTicks = String(this.#ticks);
    this.#living.set(pid, startTicks);
    return {
      pod: this.#pod.name,
      uid: this.#pod.uid,
      container: this.#hasSidecar ? CONTAINER : null,
      startedAtMs: Math.ceil(startedMs - this.#behindMs),
      pid,
      startTicks,
      pidNamespace: `pid:[${number}]`,
      startOf: (other) => Promise.resolve(this.#living.get(other) ?? null),
    };
  }

  /** In a second or so; sometimes much later, and sometimes only with the next status. */
  #publish(): void {
    const { world, random, count } = this.#options;
    const { uid } = this.#pod;
    if (random.chance(0.04)) {
      count('status of a pod lost');
      return;
    }
    const isLate = random.chance(0.08);
    if (isLate) count('status of a pod late');
    world.after(isLate ? random.skewed(1000, 20_000) : random.skewed(50, 1200), () => {
      if (uid === this.#pod.uid) this.#write();
    });
  }

  #write(): void {
    const { store } = this.#options;
    const { name, uid } = this.#pod;
    const there = (store.get(name)?.['metadata'] as Json | undefined)?.['uid'];
    if (this.#isGone && there !== uid) return;
    const statuses = [this.#statusOfContainer()];
    if (this.#hasSidecar) statuses.push(this.#statusOfSidecar());
    store.put(this.#object({ name, uid }, statuses));
  }

  #statusOfContainer(): Json {
    const [first, second] = this.#instances;
    const state = this.#madeUp ?? (first === undefined ? { waiting: {} } : stateOf(first));
    const shown = second?.finishedMs != null && !this.#forgetsLast;
    this.#forgetsLast = false;
    return { name: CONTAINER, state, lastState: shown ? stateOf(second) : {} };
  }

  #statusOfSidecar(): Json {
    const endedMs = this.#sidecarEndedMs;
    const terminated = { reason: 'OOMKilled', finishedAt: time(endedMs ?? 0) };
    return {
      name: 'sidecar',
      state: { waiting: {} },
      lastState: endedMs === null ? {} : { terminated },
    };
  }

  #object(metadata: Json, containerStatuses: readonly Json[]): Json & { metadata: Json } {
    const containers = containerStatuses.map(({ name }) => ({ name }));
    const shares = this.#shares ? { shareProcessNamespace: true } : {};
    const phase = this.#phase ?? 'Running';
    const deletion =
      this.#phase === null ? {} : { deletionTimestamp: time(this.#options.host.wallMs) };
    return {
      metadata: { namespace: 'default', ...metadata, ...deletion },
      spec: { containers, ...shares },
      status: { phase, containerStatuses },
    };
  }
}

function stateOf({ startedMs, finishedMs }: Instance): Json {
  const startedAt = time(startedMs);
  if (finishedMs === null) return { running: { startedAt } };
  return { terminated: { reason: 'Error', exitCode: 1, startedAt, finishedAt: time(finishedMs) } };
}

/** In whole seconds, as the API of Kubernetes has it. */
function time(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}
