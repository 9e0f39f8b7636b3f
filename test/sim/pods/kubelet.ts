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
  end: End;
  /** When its processes began, by their numbers: it has a namespace of its own for these. */
  readonly living: Map<number, string>;
}

type End = Readonly<Record<'reason' | 'exitCode', string | number>>;

const SEEN: End = { reason: 'Error', exitCode: 1 };
/** What runtimes say of a container that they have lost: containerd as it starts, and CRI-O. */
const LOST: readonly End[] = [
  { reason: 'Unknown', exitCode: 255 },
  { reason: 'Unknown', exitCode: 255 },
  { reason: 'Error', exitCode: 255 },
];

export interface KubeletOptions {
  readonly world: World;
  readonly host: Host;
  readonly store: PodStore;
  readonly random: Random;
  /** For what happens on other nodes. */
  readonly elsewhere: Random;
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
  /** The runtime has lost an instance whose process lives on: others begin beside it. */
  #isSplit = false;
  #podBeganMs = 0;
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

  /** The runtime has lost an instance whose process lives on. */
  get isSplit(): boolean {
    return this.#isSplit;
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
    const instance = this.#newInstance(random.between(10, 400));
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
    return this.#process(instance, 1);
  }

  #newInstance(tookMs: number): Instance {
    const startedMs = this.#options.host.wallMs;
    this.#count += 1;
    const instance: Instance = {
      number: this.#count,
      createdMs: startedMs - tookMs,
      startedMs,
      finishedMs: null,
      end: SEEN,
      living: new Map(),
    };
    this.#instances.push(instance);
    this.#instances.sort((a, b) => b.createdMs - a.createdMs);
    return instance;
  }

  /** Some time has passed, and of the instance that runs is told by then. */
  #beginBeside(): OwnProcess {
    const { host, count } = this.#options;
    if (this.#isSplit) {
      count('an instance of a container begins beside one that was lost');
      const instance = this.#newInstance(0);
      this.#publish();
      return this.#process(instance, 1);
    }
    count('a second process of a container begins');
    this.#write();
    const [present] = this.#instances;
    if (present === undefined) throw new Error('Nothing runs that it could be beside');
    return this.#process(present, 2, host.wallMs);
  }

  /** One that is beside the first has ended: of a process nothing is told, of an instance that is. */
  endOf(process: OwnProcess | null): void {
    if (process === null) return;
    const { pid, startTicks } = process;
    const instance = this.#instances.find(({ living }) => living.get(pid) === startTicks);
    instance?.living.delete(pid);
    if (!this.#isSplit || instance === undefined) return;
    instance.finishedMs ??= this.#options.host.wallMs;
    this.#instances.splice(2);
    this.#publish();
  }

  /** The runtime has lost the container and says so; its process lives on. */
  loseTask(end: End): void {
    this.#isSplit = true;
    for (const instance of this.#instances) {
      if (instance.finishedMs === null) instance.end = end;
      instance.finishedMs ??= this.#options.host.wallMs;
    }
    this.#publish();
  }

  /** The process, and with it the container, has ended. */
  end(): void {
    const { host } = this.#options;
    for (const instance of this.#instances) {
      instance.living.clear();
      instance.finishedMs ??= host.wallMs;
    }
    this.#isSplit = false;
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
    const finishedAt = random.chance(0.5) ? time(host.wallMs) : null;
    const end = { reason: 'ContainerStatusUnknown', exitCode: 137 };
    this.#madeUp = { terminated: { ...end, startedAt: this.#startedAt, finishedAt } };
    this.#isGone = true;
    this.#publish();
  }

  /** An end is told without a time, for a while. */
  tellEndWithoutTime(): void {
    const { world, random } = this.#options;
    const finishedAt = random.pick(['', '0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z']);
    this.#madeUp = { terminated: { ...SEEN, startedAt: this.#startedAt, finishedAt } };
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
    const { world, store, random, elsewhere, host, count } = this.#options;
    const { name } = this.#pod;
    this.#isGone = true;
    store.remove(name);
    if (!random.chance(0.7)) return;
    count('pod of the same name');
    const uid = `${name}-elsewhere-${this.#pods}`;
    const beganMs = host.wallMs + random.between(0, 800);
    // By the clock of another node, to which both may have begun at one time.
    const upMs = host.wallMs - (this.#instances[0]?.startedMs ?? 0);
    const behindMs = elsewhere.chance(0.5) ? upMs + elsewhere.between(800, 3000) : 0;
    const other = (state: Json, lastState: Json): void => {
      store.put(this.#object({ name, uid }, [{ name: CONTAINER, state, lastState }]));
    };
    world.after(random.skewed(5, 1500), () => {
      other({ running: { startedAt: time(beganMs - behindMs) } }, {});
    });
    world.after(random.skewed(3000, 15_000), () => {
      if ((store.get(name)?.['metadata'] as Json | undefined)?.['uid'] !== uid) return;
      const startedAt = time(beganMs - behindMs);
      const terminated = { ...SEEN, startedAt, finishedAt: time(host.wallMs - behindMs) };
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
    this.#podBeganMs = this.#options.host.wallMs;
    this.#isGone = false;
    this.#madeUp = null;
    this.#phase = null;
  }

  #process(instance: Instance, pid: number, startedMs = instance.startedMs): OwnProcess {
    const { number, living } = instance;
    this.#ticks += 1;
    const startTicks = String(this.#ticks);
    living.set(pid, startTicks);
    return {
      pod: this.#pod.name,
      uid: this.#pod.uid,
      container: this.#hasSidecar ? CONTAINER : null,
      startedAtMs: Math.ceil(startedMs - this.#behindMs),
      pid,
      startTicks,
      pidNamespace: `pid:[${number}]`,
      startOf: (other) => Promise.resolve(living.get(other) ?? null),
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

  get #startedAt(): string {
    return time(this.#instances[0]?.startedMs ?? 0);
  }

  #statusOfSidecar(): Json {
    const endedMs = this.#sidecarEndedMs;
    const startedAt = time(this.#podBeganMs);
    const end = { reason: 'OOMKilled', exitCode: 137 };
    const terminated = { ...end, startedAt, finishedAt: time(endedMs ?? 0) };
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

function stateOf({ startedMs, finishedMs, end }: Instance): Json {
  const startedAt = time(startedMs);
  if (finishedMs === null) return { running: { startedAt } };
  return { terminated: { ...end, startedAt, finishedAt: time(finishedMs) } };
}

/** What a runtime says that has lost a container. */
export function lostBy(random: Random): End {
  return random.pick(LOST);
}

/** In whole seconds, as the API of Kubernetes has it. */
function time(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}
