import type { WatchEvent } from '../../../src/kubernetes/watch/watch-events.js';
import { MARGIN_MS, provesDeath } from '../../../src/lock/evidence/death.js';
import type { Grounds } from '../../../src/lock/evidence/grounds.js';
import type { HolderProcess } from '../../../src/lock/evidence/holder.js';
import { holderIn } from '../../../src/lock/evidence/offer.js';
import { offerOf, type OwnOffer } from '../../../src/lock/evidence/own-offer.js';
import type { OwnProcess } from '../../../src/lock/evidence/own-process.js';
import {
  type ContainerSight,
  type EndedInstance,
  type PodSight,
  readPod,
} from '../../../src/lock/evidence/pod.js';
import type { Json } from '../facts.js';
import type { Seeded } from '../candidates/ours.js';
import { deciding, heldRecord, type SeededBug } from './tools.js';

/*
 * Of what makes evidence of a death, one thing each is left out: of what a leader has to be sure of
 * before it offers to be watched, and of what those have to see that watch it.
 */

function seed(name: string, what: string, seeded: Seeded): SeededBug {
  return { name, what, seeded, pods: true };
}

function bug(name: string, what: string, grounds: Partial<Grounds>): SeededBug {
  return seed(name, what, { grounds });
}

/** Whoever looks at pods sees them as something else. */
const seeingDeath =
  (see: (pod: PodSight, holder: HolderProcess) => PodSight): Grounds['isDeath'] =>
  (holder, { object }) => {
    const pod = readPod(object);
    return pod !== null && provesDeath(holder, see(pod, holder));
  };

/** The ends that a pod tells of are taken for others. */
const seeingEnds = (
  see: (ended: EndedInstance, holder: HolderProcess) => EndedInstance,
): Grounds['isDeath'] =>
  seeingDeath((pod, holder) => ({
    ...pod,
    statusOf: (name) => mapEnds(pod.statusOf(name), (ended) => see(ended, holder)),
  }));

function mapEnds(
  status: ContainerSight | null,
  see: (ended: EndedInstance) => EndedInstance,
): ContainerSight | null {
  return status === null ? null : { ...status, ended: status.ended.map(see) };
}

/** An end that nobody has seen is taken for one that somebody has. */
function believing(ended: EndedInstance, isBelieved: boolean): EndedInstance {
  return isBelieved ? { ...ended, reason: 'Error', exitCode: 1 } : ended;
}

const offering =
  (see: (pod: PodSight, self: OwnProcess) => PodSight): Grounds['offer'] =>
  (pod, self) =>
    offerOf(see(pod, self), self);

/** Beside what proves a death, that does, too. */
const alsoBy =
  (isDead: (event: WatchEvent) => boolean): Grounds['isDeath'] =>
  (holder, event) => {
    const pod = readPod(event.object);
    if (pod?.uid !== holder.uid) return false;
    return provesDeath(holder, pod) || isDead(event);
  };

function instead(offer: OwnOffer, changes: Partial<HolderProcess>): OwnOffer {
  return offer.kind === 'offer' ? { ...offer, holder: { ...offer.holder, ...changes } } : offer;
}

export const evidenceBugs: readonly SeededBug[] = [
  bug('death-of-a-namesake', 'a pod of the same name counts, whatever its UID', {
    isDeath: seeingDeath((pod, { uid }) => ({ ...pod, uid })),
  }),
  bug('death-of-another-container', 'the end of any container of the pod counts', {
    isDeath: seeingDeath((pod, { container }) => ({
      ...pod,
      statusOf: (name) => {
        const seen = [container, ...pod.containers].map((one) => pod.statusOf(one)?.ended ?? []);
        const status = pod.statusOf(name);
        return status === null ? null : { ...status, ended: seen.flat() };
      },
    })),
  }),
  bug('death-before-birth', 'an instance counts whenever it has ended', {
    isDeath: seeingEnds((ended) =>
      ended.finishedAtMs === null ? ended : { ...ended, finishedAtMs: Infinity },
    ),
  }),
  bug('death-without-margin', 'an instance counts that has ended just after the process began', {
    isDeath: seeingEnds((ended) =>
      ended.finishedAtMs === null
        ? ended
        : { ...ended, finishedAtMs: ended.finishedAtMs + MARGIN_MS },
    ),
  }),
  bug('death-without-time', 'an end without a time counts', {
    isDeath: seeingEnds((ended) => ({ ...ended, finishedAtMs: ended.finishedAtMs ?? Infinity })),
  }),
  bug('death-made-up', 'an end counts that the kubelet has made up: ContainerStatusUnknown', {
    isDeath: seeingEnds((ended) => believing(ended, ended.reason === 'ContainerStatusUnknown')),
  }),
  bug('death-made-up-by-runtime', 'an end counts that the runtime has made up: Unknown', {
    isDeath: seeingEnds((ended) => believing(ended, ended.reason === 'Unknown')),
  }),
  bug('death-by-unknown-code', 'an end counts whose exit code nobody could learn: 255', {
    isDeath: seeingEnds((ended) => believing(ended, ended.reason === 'Error')),
  }),
  bug('death-of-a-later-instance', 'an instance counts that began after the process', {
    isDeath: seeingEnds((ended) => ({ ...ended, startedAtMs: 0 })),
  }),
  bug('gone-is-dead', 'a pod that is deleted counts', {
    isDeath: alsoBy(({ type }) => type === 'DELETED'),
  }),
  bug('failed-is-dead', 'a pod that has failed, or is about to be deleted, counts', {
    isDeath: alsoBy(({ object }) => {
      const { metadata, status } = object as { metadata?: Json; status?: Json };
      return status?.['phase'] === 'Failed' || metadata?.['deletionTimestamp'] !== undefined;
    }),
  }),
  bug('offer-for-a-namesake', 'a pod of the own name is offered, whosever it is', {
    offer: (pod, self) => instead(offerOf({ ...pod, uid: self.uid }, self), { uid: pod.uid }),
  }),
  bug('offer-of-another-container', 'another container of the pod is offered', {
    offer: (pod, self) => instead(offerOf(pod, self), { container: pod.containers.at(-1) ?? '' }),
  }),
  bug('offer-of-shared-processes', 'a container is offered whose processes may outlive it', {
    offer: offering((pod) => ({ ...pod, sharesProcesses: null })),
  }),
  bug(
    'offer-by-another-clock',
    'it is not asked when the container began by the clock of its node',
    {
      offer: offering((pod, { startedAtMs }) => ({
        ...pod,
        statusOf: (name) => {
          const status = pod.statusOf(name);
          const runs = status?.runningSinceMs != null;
          return runs ? { ...status, runningSinceMs: startedAtMs } : status;
        },
      })),
    },
  ),
  bug('offer-after-later-ends', 'instances that seem to have ended later are not looked at', {
    offer: offering((pod) => ({
      ...pod,
      statusOf: (name) => {
        const status = pod.statusOf(name);
        return status === null ? null : { ...status, ended: [] };
      },
    })),
  }),
  bug('offer-outlives-its-record', 'an offer counts for whatever record it stands beside', {
    holder: (object, record) => {
      const { metadata } = object as { metadata?: { annotations?: Record<string, string> } };
      const text = metadata?.annotations?.['k8s-leader-election/holder'];
      if (record == null || text === undefined) return null;
      const { acquireTime, renewTime, leaderTransitions, holderIdentity } = record;
      const write = `${acquireTime} ${renewTime} ${leaderTransitions} ${holderIdentity}`;
      const offer = JSON.stringify({ ...(JSON.parse(text) as Json), write });
      const annotations = { 'k8s-leader-election/holder': offer };
      return holderIn({ metadata: { annotations } }, record);
    },
  }),
  seed('death-of-whoever-holds', 'once a death was heard of, whatever the lock shows is free', {
    machine: deciding(({ context: { deadHolder }, reading }) =>
      deadHolder !== null && heldRecord(reading) !== null
        ? { kind: 'take', because: 'dead' }
        : null,
    ),
  }),
  seed('predecessor-by-name-alone', 'whoever was in the same container counts as dead', {
    own: (own) => ({ ...own, startOf: () => Promise.resolve(null) }),
  }),
  seed('instance-before-is-dead', 'a process of another instance of the container counts as dead', {
    own: (own) => ({ ...own, pidNamespace: 'pid:[1]' }),
  }),
];
