import type { Answer, Entry, StoredRecord } from './trace.js';

/** One line of the story that a disagreement is told with. */
export function describe(entry: Entry): string {
  const { now, type, ...details } = entry;
  const slept = Math.round(now.wallMs - Date.UTC(2026, 0, 1) - now.monotonicMs);
  const wall = slept === 0 ? '' : ` (wall ${slept > 0 ? '+' : ''}${slept})`;
  return `${now.monotonicMs.toFixed(3).padStart(12)}${wall} ${type} ${detailsOf(entry, details)}`;
}

function detailsOf(entry: Entry, details: object): string {
  switch (entry.type) {
    case 'request': {
      const { id, verb, record, base } = entry;
      const condition = base === null ? '' : ` if ${base}`;
      return `#${id} ${verb}${condition}${record === null ? '' : ` ${recordText(record)}`}`;
    }
    case 'answer':
      return `#${entry.id} ${answerText(entry.answer)}`;
    default:
      return JSON.stringify(details, (_, value: unknown) =>
        typeof value === 'bigint' || value instanceof Error ? String(value) : value,
      );
  }
}

function answerText(answer: Answer): string {
  if (!answer.ok) {
    return answer.retryAfter === null ? answer.kind : `${answer.kind}, ask in ${answer.retryAfter}`;
  }
  const { record, unreadable, version, author } = answer;
  const by = author === null ? '' : ` by #${author}`;
  return `${version}${by} ${record === null ? (unreadable ?? 'no record') : recordText(record)}`;
}

function recordText(record: StoredRecord): string {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaderTransitions } =
    record;
  const times = `${acquireTime.slice(11)}..${renewTime.slice(11)}`;
  return `{${holderIdentity || 'nobody'} ${leaseDurationSeconds}s ${times} x${leaderTransitions}}`;
}
