import type { Reign } from '../e2e/fleet/timeline.js';

export { machineNow } from '../../src/cli/machine-time.js';

/** What a candidate in a pod says of itself. All pods of a node share this machine's monotonic clock. */
export interface PodReport {
  readonly at: number;
  /** One process: a container that is started again is another one. */
  readonly who: string;
  readonly pod: string;
  readonly event: 'up' | 'leads' | 'stillLeads' | 'leadsNoMore' | 'started' | 'sees' | 'ended';
  readonly token?: string;
  readonly leader?: string;
  readonly reason?: string;
}

/** Those of every candidate here, of whatever library: the defaults. */
export const TIMINGS = {
  leaseDurationSeconds: 15,
  renewDeadlineSeconds: 10,
  retryPeriodSeconds: 2,
};

/** Handed over as JSON in the argument of the program. */
export interface PodSettings {
  readonly lock: string;
  readonly podEvidence: boolean;
  readonly namespace: string;
}

/** Out of what the processes wrote, and nothing else. One that was killed led until its last word. */
export function reignsIn(reports: readonly PodReport[]): Reign[] {
  const open = new Map<string, Reign>();
  const reigns: Reign[] = [];
  for (const { who, at, event } of [...reports].sort((a, b) => a.at - b.at)) {
    const reign = open.get(who);
    if (event === 'leads') open.set(who, { who, from: at, to: at });
    else if (reign !== undefined && event === 'stillLeads') open.set(who, { ...reign, to: at });
    else if (reign !== undefined && event === 'leadsNoMore') {
      open.delete(who);
      reigns.push(reign);
    }
  }
  return [...reigns, ...open.values()].sort((a, b) => a.from - b.from);
}
