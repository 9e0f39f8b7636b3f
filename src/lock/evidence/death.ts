import type { HolderProcess } from './holder.js';
import type { OwnProcess } from './own-process.js';
import type { PodSight } from './pod.js';

/* When a process is dead for certain. Pure: what others say comes in, and nothing is asked. */

/**
 * How much later than the process began its container must have ended, in milliseconds. Ends are told
 * in whole seconds, and the clock of a node may be set back a little while a container restarts.
 */
export const MARGIN_MS = 2000;

/** The kubelet makes an end up where the runtime has lost the container: the process may live on. */
const MADE_UP = 'ContainerStatusUnknown';

/**
 * Whether what the kubelet says of a pod proves that the process has ended.
 *
 * A kubelet never runs two instances of one container at once. So an instance that ended after the
 * process had begun is the one that it lived in, or one that came after that: either way it is dead.
 * Instances before it had ended before it began. Both times are of one clock, that of the node.
 *
 * All else is no proof: a pod that is gone, or about to be, or has failed, and a node that is not heard
 * of. Behind each of these the process may live on.
 */
export function provesDeath(holder: HolderProcess, pod: PodSight): boolean {
  if (pod.name !== holder.pod || pod.uid !== holder.uid) return false;
  const ended = pod.statusOf(holder.container)?.ended ?? [];
  return ended.some(
    ({ finishedAtMs, reason }) =>
      reason !== MADE_UP && finishedAtMs !== null && finishedAtMs >= holder.startedAtMs + MARGIN_MS,
  );
}

/** Whether that is this very process. */
export function isSelf(holder: HolderProcess, self: OwnProcess): boolean {
  const { uid, container, pid, startTicks } = holder;
  const isHere = uid === self.uid && container === self.container;
  return isHere && pid === self.pid && startTicks === self.startTicks;
}

/**
 * Whether the process may have been one of this container, whose death can be seen from here: of an
 * instance before this one, or of this one, where numbers count in the same namespace.
 */
export function isOfThisContainer(holder: HolderProcess, self: OwnProcess): boolean {
  if (holder.uid !== self.uid || holder.container !== self.container) return false;
  const isOfAnother =
    holder.instance !== null && self.instance !== null && holder.instance !== self.instance;
  return isOfAnother || (holder.pidNamespace !== null && holder.pidNamespace === self.pidNamespace);
}

/**
 * Whether a process of this container is dead: none has its number now, or one that began at another
 * time. An instance before this one has ended as a whole, since the kubelet runs one at a time.
 *
 * @param startTicks when the process that has its number now began; null: there is none
 */
export function isGone(holder: HolderProcess, startTicks: string | null): boolean {
  return startTicks === null || startTicks !== holder.startTicks;
}
