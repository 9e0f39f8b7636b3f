/**
 * The process that holds a lock, as it has written itself into it: by its pod, so that the kubelet can
 * tell when it has ended, and by its number, so that whoever comes after it in the same instance can.
 * Plain data.
 */
export interface HolderProcess {
  /** The pod's name and UID, and the name of the container. */
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
  /** When the process began, in milliseconds since 1970 by the wall clock of its node. */
  readonly startedAtMs: number;
  readonly pid: number;
  /** When it began, in ticks since the node did: no two processes have that and the number alike. */
  readonly startTicks: string;
  /** In which the number counts; null: not known. */
  readonly pidNamespace: string | null;
}

/** The same for the same process, and for no other. */
export function keyOf({ uid, container, startedAtMs, pid, startTicks }: HolderProcess): string {
  return `${uid} ${container} ${startedAtMs} ${pid} ${startTicks}`;
}
