import { isObject, metadataOf, type KubernetesObject } from '../stored-record.js';

/* What a Pod says of its containers. Anybody may have written it: what cannot be read says nothing. */

/** One instance of a container that has ended, as the kubelet tells. */
export interface EndedInstance {
  /** In milliseconds since 1970 by the node's clock, to the second; null: not told. */
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  /** Empty: none is told. */
  readonly reason: string;
  /** Null: none is told. */
  readonly exitCode: number | null;
}

export interface ContainerSight {
  /** When the instance that runs began; null: none runs, or it is not told when it began. */
  readonly runningSinceMs: number | null;
  /** The last instances that have ended; at most two are told. */
  readonly ended: readonly EndedInstance[];
}

export interface PodSight {
  readonly name: string;
  readonly uid: string;
  /** The names of its containers, without those that only begin it. */
  readonly containers: readonly string[];
  /** Why the end of a container need not be that of its processes; null: it is. */
  readonly sharesProcesses: string | null;
  readonly statusOf: (container: string) => ContainerSight | null;
}

/** Null where it is no Pod. */
export function readPod(json: unknown): PodSight | null {
  if (!isObject(json)) return null;
  const { name, uid } = metadataOf(json);
  if (typeof name !== 'string' || typeof uid !== 'string' || uid === '') return null;
  const spec = inside(json, 'spec');
  const statuses = objectsIn(inside(json, 'status')['containerStatuses']);
  return {
    name,
    uid,
    containers: objectsIn(spec['containers']).map((container) => String(container['name'])),
    sharesProcesses: sharing(spec),
    statusOf: (container) => {
      const named = statuses.filter((status) => status['name'] === container);
      const [status] = named;
      return status === undefined || named.length > 1 ? null : readStatus(status);
    },
  };
}

function readStatus(status: KubernetesObject): ContainerSight {
  const state = inside(status, 'state');
  const last = inside(status, 'lastState');
  const ended = [state['terminated'], last['terminated']].filter(isObject);
  return {
    runningSinceMs: isObject(state['running']) ? timeOf(state['running']['startedAt']) : null,
    ended: ended.map(({ startedAt, finishedAt, reason, exitCode }) => ({
      startedAtMs: timeOf(startedAt),
      finishedAtMs: timeOf(finishedAt),
      reason: typeof reason === 'string' ? reason : '',
      exitCode: typeof exitCode === 'number' ? exitCode : null,
    })),
  };
}

/** Whatever is neither absent nor plainly off counts as on. */
function sharing(spec: KubernetesObject): string | null {
  const isOn = (field: string): boolean => spec[field] != null && spec[field] !== false;
  if (isOn('hostPID')) return 'it has hostPID';
  if (isOn('shareProcessNamespace')) return 'it has shareProcessNamespace';
  const ephemeral = spec['ephemeralContainers'] ?? [];
  const hasNone = Array.isArray(ephemeral) && ephemeral.length === 0;
  return hasNone ? null : 'it has an ephemeral container';
}

/** The zero of Go's times is in year 1, and that of a runtime in 1970: neither is a time. */
function timeOf(text: unknown): number | null {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text))
    return null;
  const ms = Date.parse(text);
  return ms > 0 ? ms : null;
}

function inside(object: KubernetesObject, field: string): KubernetesObject {
  const value = object[field];
  return isObject(value) ? value : {};
}

function objectsIn(list: unknown): KubernetesObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}
