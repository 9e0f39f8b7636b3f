import type { Reading } from './monitor.js';

/** The text format of Prometheus, version 0.0.4. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Kind = 'gauge' | 'counter';
type Row = readonly [name: string, kind: Kind, help: string, value: number | null];

/** The first name is the one that client-go's programs have, so that their dashboards fit. */
function rows(reading: Reading): readonly Row[] {
  return [
    [
      'leader_election_master_status',
      'gauge',
      'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master.',
      Number(reading.isLeader),
    ],
    ['transitions', 'gauge', 'How often the lock has changed hands.', reading.transitions],
    ['terms_total', 'counter', 'Terms of this candidate.', reading.terms],
    ['renewals_total', 'counter', 'Renewals that were stored.', reading.renewals],
    ['renew_failures_total', 'counter', 'Renewals that failed.', reading.renewFailures],
    [
      'acquire_failures_total',
      'counter',
      'Failed tries to read or take the lock.',
      reading.acquireFailures,
    ],
    [
      'last_renew_age_seconds',
      'gauge',
      'Time since the last stored renewal was sent; absent unless leading.',
      inSeconds(reading.sinceRenewalMs),
    ],
    [
      'last_answer_age_seconds',
      'gauge',
      'Time since the lock was last read or written.',
      inSeconds(reading.sinceAnswerMs),
    ],
    ['command_running', 'gauge', 'Whether the command runs.', Number(reading.commandRunning)],
    ['command_starts_total', 'counter', 'How often it was started.', reading.commandStarts],
  ];
}

/** What `/metrics` answers. */
export function metricsText(reading: Reading): string {
  const label = escapeLabel(reading.lock);
  const lines = rows(reading).flatMap(([short, kind, help, value]) => {
    if (value === null) return [];
    const name = short.startsWith('leader_election_') ? short : `k8s_leader_election_${short}`;
    return [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${kind}`,
      `${name}{name="${label}"} ${value}`,
    ];
  });
  return `${lines.join('\n')}\n`;
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
