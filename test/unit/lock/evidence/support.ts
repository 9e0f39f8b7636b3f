import type { HolderProcess } from '../../../../src/lock/evidence/holder.js';
import type { OwnProcess } from '../../../../src/lock/evidence/own-process.js';
import { type PodSight, readPod } from '../../../../src/lock/evidence/pod.js';

/** When the process began: half a second into a second, as no status of a kubelet can say. */
export const BEGAN_MS = Date.parse('2026-11-29T08:00:00.500Z');

export const self: OwnProcess = {
  pod: 'app-1',
  uid: '11111111-2222-3333-4444-555555555555',
  container: 'app',
  startedAtMs: BEGAN_MS,
  pid: 1,
  startTicks: '4711',
  pidNamespace: 'pid:[4026532001]',
  startOf: () => Promise.resolve(null),
};

const { startOf: _, ...ofSelf } = self;
export const holder: HolderProcess = { ...ofSelf, container: 'app' };

/** A time so many seconds after the whole second in which the process began. */
export function at(seconds: number): string {
  return (
    new Date(Date.parse('2026-11-29T08:00:00Z') + seconds * 1000).toISOString().slice(0, 19) + 'Z'
  );
}

export interface PodParts {
  readonly name?: string;
  readonly uid?: string;
  readonly spec?: object;
  readonly status?: object;
  readonly containers?: readonly string[];
  /** Of the container `app`. */
  readonly state?: object;
  readonly lastState?: object;
}

export function podJson(parts: PodParts = {}): Record<string, unknown> {
  const { name = self.pod, uid = self.uid, containers = ['app'] } = parts;
  const { state = { running: { startedAt: at(0) } }, lastState = {} } = parts;
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default', uid, resourceVersion: '7' },
    spec: { containers: containers.map((one) => ({ name: one })), ...parts.spec },
    status: {
      containerStatuses: containers.map((one) =>
        one === 'app' ? { name: one, state, lastState } : { name: one, state: { running: {} } },
      ),
      ...parts.status,
    },
  };
}

export function pod(parts: PodParts = {}): PodSight {
  const sight = readPod(podJson(parts));
  if (sight === null) throw new Error('That is no Pod');
  return sight;
}

export function ended(
  finishedAt: unknown,
  reason: unknown = 'Error',
  parts: { readonly exitCode?: unknown; readonly startedAt?: unknown } = {},
): object {
  return { terminated: { exitCode: 137, reason, startedAt: at(0), finishedAt, ...parts } };
}
