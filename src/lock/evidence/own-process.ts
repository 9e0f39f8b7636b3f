import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { HolderProcess } from './holder.js';

/** This process, as far as it can tell by itself. */
export interface OwnProcess extends Omit<HolderProcess, 'container'> {
  /** Null: it is the only one of the pod, or not known. */
  readonly container: string | null;
  /** When the process with that number began, in ticks; null: there is none. */
  readonly startOf: (pid: number) => Promise<string | null>;
}

/** In words, why this process cannot tell who it is. */
export type Unknown = string;

export interface Sources {
  readonly containerName?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where the kernel tells of processes. */
  readonly proc?: string;
}

/**
 * Reads it from the environment and from the kernel. The UID must come from one of these, and not
 * from a pod that only has our name: it is what makes an offer our own. Mostly it is in the path of
 * `/dev/termination-log`, which the kubelet mounts into each container.
 */
export async function readOwnProcess(sources: Sources = {}): Promise<OwnProcess | Unknown> {
  const { containerName, env = process.env, proc = '/proc' } = sources;
  const { pid } = process;
  const startTicks = await startOf(proc, pid).catch(() => null);
  if (startTicks === null) return `${proc} does not tell of this process`;
  const mounted = readMounts(await readFile(`${proc}/self/mountinfo`, 'utf8').catch(() => ''));
  const uid = agreed(['POD_UID', env['POD_UID']], ['/proc/self/mountinfo', mounted?.uid]);
  const container = agreed(
    ['containerName', containerName],
    ['CONTAINER_NAME', env['CONTAINER_NAME']],
    ['/proc/self/mountinfo', mounted?.container],
  );
  if (typeof uid !== 'string') {
    return uid?.problem ?? 'neither POD_UID nor /proc/self/mountinfo tells the UID of its pod';
  }
  if (container !== null && typeof container !== 'string') return container.problem;
  return {
    pod: given(env['POD_NAME']) ?? hostname(),
    uid,
    container,
    // By the wall clock as it was then: what it is set to later changes nothing.
    startedAtMs: Math.ceil(performance.timeOrigin),
    pid,
    startTicks,
    pidNamespace: await readlink(`${proc}/self/ns/pid`).catch(() => null),
    startOf: (other) => startOf(proc, other),
  };
}

type Told = readonly [source: string, value: string | undefined];

/** What all sources say that say anything; null: none does. */
function agreed(...told: readonly Told[]): string | { readonly problem: string } | null {
  const said = told.filter(([, value]) => given(value) !== null);
  const [first, ...others] = said;
  if (first === undefined) return null;
  const other = others.find(([, value]) => given(value) !== given(first[1]));
  if (other === undefined) return given(first[1]);
  const quoted = ([source, value]: Told): string => `${source} says ${JSON.stringify(value)}`;
  return { problem: `${quoted(first)}, and ${quoted(other)}` };
}

function given(value: string | undefined): string | null {
  const text = value?.trim() ?? '';
  return text === '' ? null : text;
}

interface Mounted {
  readonly uid: string;
  readonly container: string;
}

/** `…/pods/UID/containers/NAME/INSTANCE` is what the kubelet mounts for messages of a container's end. */
const MOUNTED = /\/pods\/([\da-f-]{36})\/containers\/([-a-z\d]+)\/[\da-f]+$/;

/** Null where no mount, or several that do not agree, tell of a container. */
export function readMounts(mountinfo: string): Mounted | null {
  const roots = mountinfo.split('\n').map((line) => line.split(' ')[3] ?? '');
  const found = new Set(roots.filter((root) => MOUNTED.test(root)));
  const [root, ...others] = found;
  const [, uid, container] = MOUNTED.exec(root ?? '') ?? [];
  if (uid === undefined || container === undefined) return null;
  return others.length === 0 ? { uid, container } : null;
}

/**
 * When the process with that number began; null: there is none. One that is there and cannot be looked
 * at is not absent.
 *
 * @throws Error where it cannot be told
 */
async function startOf(proc: string, pid: number): Promise<string | null> {
  try {
    return startIn(await readFile(`${proc}/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (isSignalled(pid)) throw error;
    return null;
  }
}

/** The kernel knows of a process by that number, whoever may see it. */
function isSignalled(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The 22nd field; the second one, in brackets, may hold anything. */
function startIn(stat: string): string {
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  if (ticks === undefined || !/^\d+$/.test(ticks)) throw new Error('a stat that cannot be read');
  return ticks;
}
