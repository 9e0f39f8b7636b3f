import { isObject, metadataOf, type KubernetesObject } from '../../../lock/stored-record.js';

/** As much of a pod as is shown. */
export interface Pod {
  readonly name: string;
  /** Such as `Running`; `Terminating` once it was told to go. */
  readonly phase: string;
  /** What has made it and others like it; null: nothing. */
  readonly controller: string | null;
}

export function podOf(object: KubernetesObject): Pod | null {
  const { name, deletionTimestamp, ownerReferences } = metadataOf(object);
  if (typeof name !== 'string') return null;
  const status = isObject(object['status']) ? object['status'] : {};
  const phase = typeof status['phase'] === 'string' ? status['phase'] : 'in an unknown phase';
  const owners = Array.isArray(ownerReferences) ? ownerReferences.filter(isObject) : [];
  const controller = owners.find((owner) => owner['controller'] === true)?.['uid'];
  return {
    name,
    phase: deletionTimestamp === undefined ? phase : 'Terminating',
    controller: typeof controller === 'string' ? controller : null,
  };
}

/** Candidates call themselves like their pods, mostly with something random behind. */
export function isPodOf(identity: string, podName: string): boolean {
  return identity === podName || identity.startsWith(`${podName}_`);
}

/** The pod that a candidate calls itself like. Names of pods hold no underscore. */
export function podFor(identity: string, pods: ReadonlyMap<string, Pod>): Pod | null {
  return pods.get(identity) ?? pods.get(identity.split('_', 1)[0] ?? '') ?? null;
}
