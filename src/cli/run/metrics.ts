import type { OwnMetric } from '../../metrics/text.js';
import type { Reading } from './monitor.js';

/** What there is to tell of the command, beside the metrics of its election. */
export function commandMetrics(reading: Reading): readonly OwnMetric[] {
  return [
    {
      name: 'k8s_leader_election_command_running',
      kind: 'gauge',
      help: 'Whether the command runs.',
      value: Number(reading.commandRunning),
    },
    {
      name: 'k8s_leader_election_command_starts_total',
      kind: 'counter',
      help: 'How often it was started.',
      value: reading.commandStarts,
    },
  ];
}
