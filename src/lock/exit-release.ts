import type { ExitChange, ExitRelease } from '../kubernetes/requests-at-exit.js';
import type { WriteAtExit } from './lock-at-exit.js';
import type { LeaderElectionRecord } from './record.js';
import { isObject, type KubernetesObject, type RecordFormat } from './stored-record.js';

/**
 * All that the release of a lock takes that is sent by another process.
 *
 * @param ours what we have written, or may have: none else is written over
 */
export function exitRelease(
  { settings, path, name, format, before, after }: WriteAtExit,
  ours: readonly LeaderElectionRecord[],
): ExitRelease {
  return {
    ...{ settings, path, name, kind: format.kind, body: after },
    at: placeOf(format),
    changes: changesTo(before, after),
    ours: ours.map((record) => asStored(format, record)),
  };
}

/** Where an object has its record: as it stands, or as JSON. */
function placeOf({ field }: RecordFormat): readonly string[] {
  return field[0] === 'spec' ? ['spec'] : field;
}

/**
 * A record as an object has it, without its duration: what stores it may have capped that, and the rest
 * tells all writes apart.
 */
function asStored(format: RecordFormat, record: LeaderElectionRecord): object {
  const stored = at(placeOf(format), format.write({}, record));
  const fields = typeof stored === 'string' ? (JSON.parse(stored) as object) : (stored as object);
  const { leaseDurationSeconds: _, ...rest } = fields as { leaseDurationSeconds?: unknown };
  return rest;
}

/** All that a write of a record changes. */
function changesTo(before: KubernetesObject, after: KubernetesObject): ExitChange[] {
  return [['spec'], ['metadata', 'annotations']].flatMap((place) => {
    const [old, now] = [fieldsAt(place, before), fieldsAt(place, after)];
    return Object.keys({ ...old, ...now })
      .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]))
      .map((field) => ({ place, field, value: now[field] }));
  });
}

function fieldsAt(place: readonly string[], object: KubernetesObject): KubernetesObject {
  const found = at(place, object);
  return isObject(found) ? found : {};
}

function at(place: readonly string[], object: KubernetesObject): unknown {
  return place.reduce<unknown>((part, key) => (isObject(part) ? part[key] : undefined), object);
}
