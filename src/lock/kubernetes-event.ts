import { randomInt, randomUUID } from 'node:crypto';
import { answerError } from '../kubernetes/answer-error.js';
import { clientFor } from '../kubernetes/clients.js';
import type { LockObject } from './lock-object.js';
import { collectionPath } from './object-path.js';
import type { LockEvent, LockSnapshot } from './resource-lock.js';
import { isObject, type KubernetesObject, metadataOf } from './stored-record.js';

/** How long the API server may take, in milliseconds. */
const TIMEOUT_MS = 5000;

const EVENTS = { apiVersion: 'v1', resource: 'events' };

/** Who writes the Events, as `kubectl get events -o wide` shows it. */
const COMPONENT = 'k8s-leader-election';

/** The longest name that an object can have. */
const MAX_NAME = 253;

export interface EventToWrite extends LockEvent {
  readonly identity: string;
  /** The object as it was read or written last; null: it never was. */
  readonly seen: LockSnapshot | null;
}

/** Writes an Event about the lock, as the recorder of client-go does. @throws LockError */
export async function writeEvent(
  object: LockObject,
  event: EventToWrite,
  signal?: AbortSignal,
): Promise<void> {
  const { kubeConfig, namespace } = await object.endpoint(signal);
  const call = object.call('create', namespace);
  const answer = await clientFor(kubeConfig).request({
    method: 'POST',
    path: collectionPath(EVENTS, namespace),
    body: eventObject(object, namespace, event),
    subject: `Event about ${object.description}`,
    isAside: true,
    signal,
    timeoutMs: TIMEOUT_MS,
  });
  if (answer.status > 299) {
    throw answerError({ ...call, kind: `Event about ${call.kind}` }, answer);
  }
}

function eventObject(
  { format, name }: LockObject,
  namespace: string,
  { what, atMs, identity, seen }: EventToWrite,
): KubernetesObject {
  const { kind, apiVersion } = format;
  const { uid, resourceVersion } = isObject(seen?.object) ? metadataOf(seen.object) : {};
  // To the second: the time of an Event has no more.
  const time = new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: eventName(name, atMs), namespace },
    involvedObject: { kind, namespace, name, uid, apiVersion, resourceVersion },
    reason: 'LeaderElection',
    message: `${identity} ${what}`,
    source: { component: COMPONENT },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    type: 'Normal',
    reportingComponent: COMPONENT,
    reportingInstance: '',
  };
}

/**
 * The name of the object and the nanoseconds since 1970 in hexadecimal digits, as client-go has it.
 * Below the millisecond they are drawn: candidates may write at the same time.
 */
function eventName(name: string, atMs: number): string {
  const nanoseconds = BigInt(Math.floor(atMs)) * 1_000_000n + BigInt(randomInt(1_000_000));
  const whole = `${name}.${nanoseconds.toString(16)}`;
  return whole.length > MAX_NAME ? randomUUID() : whole;
}
