import type { RunningApiServer } from '../../support/api-server-types.js';
import { Fleet } from './fleet.js';

export interface Timings {
  readonly leaseDurationSeconds: number;
  readonly renewDeadlineSeconds: number;
  readonly retryPeriodSeconds: number;
}

export const DEFAULTS = {
  leaseDurationSeconds: 15,
  renewDeadlineSeconds: 10,
  retryPeriodSeconds: 2,
};

/** Short, where the length of the lease is not what is tested. */
export const SHORT = { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 };

let lastName = 0;

/** A fleet on a lock of its own. */
export async function fleetOn(
  server: RunningApiServer,
  kind: 'lease' | 'configmap',
  timings: Timings,
  user = 'candidate',
): Promise<Fleet> {
  await server.createNamespace('e2e');
  const kubeConfigPath = await server.writeKubeConfig(user);
  lastName += 1;
  return new Fleet({
    kubeConfigPath,
    kind,
    name: `lock-${lastName}`,
    namespace: 'e2e',
    ...timings,
  });
}

/** Says what was measured, so that a log of the run holds the figures. */
export function measured(what: string, ms: number): void {
  console.log(`measured: ${what}: ${(ms / 1000).toFixed(2)} s`);
}
