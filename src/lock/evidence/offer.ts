import { parseJson } from '../../kubernetes/parse-json.js';
import type { LeaderElectionRecord } from '../record.js';
import { isObject, metadataOf, type KubernetesObject } from '../stored-record.js';
import type { HolderProcess } from './holder.js';

/** Where a leader writes which process it is. Only candidates of this library heed it. */
export const HOLDER_ANNOTATION = 'k8s-leader-election/holder';

/**
 * Which write of the record the offer belongs to. Whoever else writes the record, by whatever library,
 * and leaves our annotation as it was, has made it void by that alone.
 */
function writeOf(record: LeaderElectionRecord): string {
  const { holderIdentity, acquireTime, renewTime, leaderTransitions } = record;
  return `${acquireTime} ${renewTime} ${leaderTransitions} ${holderIdentity}`;
}

/** The process that this record says holds the lock; null: it offers nothing. */
export function holderIn(
  object: unknown,
  record: LeaderElectionRecord | null,
): HolderProcess | null {
  if (record === null || record.isReleased || !isObject(object)) return null;
  const { annotations } = metadataOf(object);
  const text = isObject(annotations) ? annotations[HOLDER_ANNOTATION] : undefined;
  const offer = typeof text === 'string' ? parseJson(text) : undefined;
  if (!isObject(offer) || offer['write'] !== writeOf(record)) return null;
  return readHolder(offer);
}

/** The object with an offer that belongs to this record; with null, without any. */
export function withOffer(
  object: KubernetesObject,
  record: LeaderElectionRecord,
  holder: HolderProcess | null,
): KubernetesObject {
  const metadata = metadataOf(object);
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  const { [HOLDER_ANNOTATION]: former, ...others } = annotations;
  if (holder === null || record.isReleased) {
    return former === undefined ? object : annotated(object, others);
  }
  const offer = { ...holder, startedAtMs: undefined, started: isoTime(holder.startedAtMs) };
  const text = JSON.stringify({ ...offer, write: writeOf(record) });
  return annotated(object, { ...others, [HOLDER_ANNOTATION]: text });
}

function annotated(object: KubernetesObject, annotations: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...metadataOf(object), annotations } };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

const TICKS = /^\d{1,20}$/;

/** Null where anything is missing, or is not what we write. */
function readHolder(offer: KubernetesObject): HolderProcess | null {
  const { pod, uid, container, started, pid, startTicks, pidNamespace } = offer;
  const startedAtMs = typeof started === 'string' ? Date.parse(started) : Number.NaN;
  const isSound =
    isText(pod) &&
    isText(uid) &&
    isText(container) &&
    startedAtMs > 0 &&
    isoTime(startedAtMs) === started &&
    Number.isSafeInteger(pid) &&
    typeof startTicks === 'string' &&
    TICKS.test(startTicks);
  if (!isSound) return null;
  return {
    pod,
    uid,
    container,
    startedAtMs,
    pid: pid as number,
    startTicks,
    pidNamespace: isText(pidNamespace) ? pidNamespace : null,
  };
}

/** What can be a part of a path, a selector and a message. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.:[\]-]{1,253}$/.test(value);
}
