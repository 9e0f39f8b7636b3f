import type { HolderProcess } from './holder.js';
import type { OwnProcess } from './own-process.js';
import type { PodSight } from './pod.js';

/** How long after its container a process may begin, in milliseconds, to count as its own. */
export const LATEST_START_MS = 5000;

/** What this process may offer to those who wait for it. */
export type OwnOffer =
  | { readonly kind: 'offer'; readonly holder: HolderProcess }
  /** The kubelet has not told yet that our container runs: ask again. */
  | { readonly kind: 'notYet'; readonly why: string }
  /** Its death could not be told for certain from what the kubelet says. */
  | { readonly kind: 'never'; readonly why: string };

/**
 * Whether the end of our container, as the kubelet tells of it, will be the end of this process and of
 * no other: the container runs, began just before us, and none of its former instances seems to have
 * ended after we began. Pure.
 */
export function offerOf(pod: PodSight, self: OwnProcess): OwnOffer {
  if (pod.name !== self.pod || pod.uid !== self.uid) {
    return never(`Pod ${self.pod} in the namespace of the lock is not the one this process is in`);
  }
  if (pod.sharesProcesses !== null) {
    return never(`the end of a container does not end its processes: ${pod.sharesProcesses}`);
  }
  const { containers } = pod;
  const container = self.container ?? (containers.length === 1 ? containers[0] : undefined);
  if (container === undefined) {
    return never('the pod has several containers: set containerName, or CONTAINER_NAME');
  }
  if (!containers.includes(container)) {
    return never(`the pod has no container ${JSON.stringify(container)}`);
  }
  const status = pod.statusOf(container);
  const { startedAtMs, pid, startTicks, pidNamespace, uid } = self;
  if (status?.runningSinceMs == null) {
    return notYet(`the kubelet does not say that container ${container} runs`);
  }
  const laterMs = startedAtMs - status.runningSinceMs;
  if (laterMs < 0) {
    return never(`container ${container} began after this process did, by the clock of the node`);
  }
  if (laterMs > LATEST_START_MS) {
    // That of the instance before may be told still.
    return notYet(`this process began more than 5 s after container ${container}`);
  }
  const overlaps = status.ended.some(
    ({ finishedAtMs }) => finishedAtMs === null || finishedAtMs > startedAtMs,
  );
  if (overlaps) {
    return never(
      `an instance of container ${container} seems to have ended after this process began`,
    );
  }
  const ids = { pod: pod.name, uid, container };
  return {
    kind: 'offer',
    holder: { ...ids, startedAtMs, pid, startTicks, pidNamespace },
  };
}

function notYet(why: string): OwnOffer {
  return { kind: 'notYet', why };
}

function never(why: string): OwnOffer {
  return { kind: 'never', why };
}
