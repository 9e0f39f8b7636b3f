import type { RunningApiServer } from '../../support/api-server-types.js';

/** What the API server had done about Leases at one moment, by its own counters. */
export interface LeaseCounters {
  /** By verb. A watch is counted when it ends. */
  readonly requests: Readonly<Record<string, number>>;
  /** Writes answered with 409. */
  readonly conflicts: number;
  /** Events delivered to watchers. */
  readonly watchEvents: number;
}

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const WRITES = new Set(['PUT', 'POST', 'PATCH', 'APPLY']);

export async function leaseCounters(server: RunningApiServer): Promise<LeaseCounters> {
  const { status, body } = await server.request('admin', 'GET', '/metrics');
  if (status !== 200 || typeof body !== 'string') throw new Error(`/metrics: status ${status}`);
  return readCounters(body);
}

/** Reads the Prometheus text format. */
export function readCounters(text: string): LeaseCounters {
  const requests: Record<string, number> = {};
  let conflicts = 0;
  let watchEvents = 0;
  for (const line of text.split('\n')) {
    if (!line.includes('"leases"') && !line.includes('"Lease"')) continue;
    const [, name = '', labelText = '', valueText] = LINE.exec(line) ?? [];
    const labels = Object.fromEntries(
      [...labelText.matchAll(LABEL)].map(([, label = '', value = '']) => [label, value]),
    );
    const value = Number(valueText);
    const verb = labels['verb'] ?? '';
    if (name === 'apiserver_request_total') {
      requests[verb] = (requests[verb] ?? 0) + value;
      if (labels['code'] === '409' && WRITES.has(verb)) conflicts += value;
    } else if (name === 'apiserver_watch_events_total') {
      watchEvents += value;
    }
  }
  return { requests, conflicts, watchEvents };
}

/** What was counted between two readings. */
export function difference(before: LeaseCounters, after: LeaseCounters): LeaseCounters {
  const verbs = Object.entries(after.requests)
    .map(([verb, value]) => [verb, value - (before.requests[verb] ?? 0)] as const)
    .filter(([, value]) => value > 0);
  return {
    requests: Object.fromEntries(verbs),
    conflicts: after.conflicts - before.conflicts,
    watchEvents: after.watchEvents - before.watchEvents,
  };
}

export function total(requests: Readonly<Record<string, number>>): number {
  return Object.values(requests).reduce((sum, value) => sum + value, 0);
}
