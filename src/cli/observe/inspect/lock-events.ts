import { text } from '../../../inspect/redact.js';
import { isObject, metadataOf, type KubernetesObject } from '../../../lock/stored-record.js';

/** What a candidate has said of itself in an Event on the lock, as client-go words it. */
export interface OwnWord {
  readonly namespace: string;
  /** Of the lock's object. */
  readonly name: string;
  /** As far as it is shown. */
  readonly identity: string;
  readonly what: 'became leader' | 'stopped leading';
  /** When the API server has stored it, in ms since 1970 by its clock, to a second; or null. */
  readonly storedAtMs: number | null;
}

/** Of the kind of lock, all that elections have said. */
export function eventSelector(kind: string, name: string | null): string {
  const one = name === null ? '' : `,involvedObject.name=${name}`;
  return `reason=LeaderElection,involvedObject.kind=${kind}${one}`;
}

const LONGEST_NAME = 253;

/** Null for an Event that says something else. */
export function ownWordOf(event: KubernetesObject): OwnWord | null {
  const { message, involvedObject } = event;
  if (typeof message !== 'string' || !isObject(involvedObject)) return null;
  const { namespace, name } = involvedObject;
  const [, identity, what] = /^(.+) (became leader|stopped leading)$/s.exec(message) ?? [];
  if (typeof namespace !== 'string' || typeof name !== 'string' || identity === undefined) {
    return null;
  }
  // The API server takes any name here, and any message. There is no lock whose name is that long.
  if (name.length > LONGEST_NAME) return null;
  const { creationTimestamp } = metadataOf(event);
  const storedAtMs = typeof creationTimestamp === 'string' ? Date.parse(creationTimestamp) : NaN;
  return {
    namespace,
    name,
    identity: text(identity),
    what: what === 'became leader' ? what : 'stopped leading',
    storedAtMs: Number.isNaN(storedAtMs) ? null : storedAtMs,
  };
}
