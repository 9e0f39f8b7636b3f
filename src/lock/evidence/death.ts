import type { HolderProcess } from './holder.js';
import type { OwnProcess } from './own-process.js';
import type { EndedInstance, PodSight } from './pod.js';

/* When a process is dead for certain. Pure: what others say comes in, and nothing is asked. */

/**
 * How much later than the process began its container must have ended, in milliseconds. Ends are told
 * in whole seconds, and the clock of a node may be set back a little while a container restarts.
 */
export const MARGIN_MS = 2000;

/**
 * Whoever has lost a container makes an end up, and the process may live on, with another instance beside
 * it. The kubelet calls that `ContainerStatusUnknown` (`kubelet_pods.go`), and containerd, which has not
 * found the task again when it started, `Unknown` (`internal/cri/server/restart.go`).
 */
const MADE_UP: readonly string[] = ['', 'ContainerStatusUnknown', 'Unknown'];

/**
 * The exit code where nobody could learn it, with the reason `Error`: of containerd whose wait for the
 * task failed (`internal/cri/server/events.go`), and of CRI-O whose runtime does not know the container
 * (`internal/oci/runtime_oci.go`; where there was none yet it says -1).
 */
const UNKNOWN_CODE = 255;

/**
 * Whether what the kubelet says of a pod proves that the process has ended.
 *
 * The instance of the container that began before the process, and ended after it had begun, is the one
 * that it lived in: those before it had ended by then, and those after it had not begun. Of these, the
 * end proves nothing: where one end was made up, two run side by side. All times are of one clock, that
 * of the node.
 *
 * All else is no proof: a pod that is gone, or about to be, or has failed, and a node that is not heard
 * of. Behind each of these the process may live on.
 */
export function provesDeath(holder: HolderProcess, pod: PodSight): boolean {
  if (pod.name !== holder.pod || pod.uid !== holder.uid) return false;
  const ended = pod.statusOf(holder.container)?.ended ?? [];
  return ended.some((instance) => wasSeen(instance) && isOf(instance, holder));
}

/** Somebody has seen that end. */
function wasSeen({ reason, exitCode }: EndedInstance): boolean {
  return (
    !MADE_UP.includes(reason) && exitCode !== null && exitCode >= 0 && exitCode !== UNKNOWN_CODE
  );
}

function isOf({ startedAtMs, finishedAtMs }: EndedInstance, holder: HolderProcess): boolean {
  if (startedAtMs === null || finishedAtMs === null) return false;
  return startedAtMs <= holder.startedAtMs && finishedAtMs >= holder.startedAtMs + MARGIN_MS;
}

/** Whether that is this very process. */
export function isSelf(holder: HolderProcess, self: OwnProcess): boolean {
  const { uid, container, pid, startTicks } = holder;
  const isHere = uid === self.uid && container === self.container;
  return isHere && pid === self.pid && startTicks === self.startTicks;
}

/**
 * Whether the process was one of this very instance of the container, where numbers count as they do
 * here. That an instance before this one has ended only the kubelet can tell: it may have lost sight of it.
 */
export function isOfThisInstance(holder: HolderProcess, self: OwnProcess): boolean {
  if (holder.uid !== self.uid || holder.container !== self.container) return false;
  return holder.pidNamespace !== null && holder.pidNamespace === self.pidNamespace;
}

/**
 * Whether a process of this instance is dead: none has its number now, or one that began at another time.
 *
 * @param startTicks when the process that has its number now began; null: there is none
 */
export function isGone(holder: HolderProcess, startTicks: string | null): boolean {
  return startTicks === null || startTicks !== holder.startTicks;
}
