import { finite, name, text } from './redact.js';
import type { CandidateInfo, CandidateView, Countdown, NewsView, Report } from './wire.js';

/*
 * Reads what another process reports. It has the token, so it is one of ours, perhaps of another
 * version: what does not have the expected form is left out, and nothing is passed on unread.
 */

const MOST_REPORTS = 1000;
const LONGEST_LIST = 60;
/** As JSON: ten times as much as most of them have. They are kept by the thousand. */
const LONGEST_STEP = 16_000;
const OLDEST_MS = 60 * 60_000;

export interface Batch {
  readonly reports: readonly { readonly report: Report; readonly ageMs: number }[];
  /** How often there is one at the least; null where that was not promised. */
  readonly beatMs: number | null;
}

/** @throws {TypeError} if it is no batch at all */
export function readBatch(body: unknown): Batch {
  const { reports, beatMs } = fields(body);
  if (!Array.isArray(reports)) throw new TypeError('a batch has a list of reports');
  const read = reports.slice(0, MOST_REPORTS).flatMap((entry: unknown) => {
    const { ageMs, report } = fields(entry);
    const one = readReport(report);
    return one === null ? [] : [{ report: one, ageMs: clamp(finite(ageMs), 0, OLDEST_MS) }];
  });
  return { reports: read, beatMs: typeof beatMs === 'number' ? clamp(beatMs, 0, OLDEST_MS) : null };
}

function readReport(value: unknown): Report | null {
  const report = fields(value);
  const candidate = id(report['candidate']);
  switch (report['kind']) {
    case 'candidate':
      return { kind: 'candidate', info: readInfo(fields(report['info'])) };
    case 'gone':
      return { kind: 'gone', candidate };
    case 'step': {
      const step = readStep(report, candidate);
      return JSON.stringify(step).length > LONGEST_STEP ? null : step;
    }
    default:
      return null;
  }
}

function readStep(report: Fields, candidate: string): Report {
  return {
    kind: 'step',
    candidate,
    event: text(report['event'], 120),
    eventText: text(report['eventText'], 120),
    transitions: texts(report['transitions']),
    news: list(report['news']).map(readNews),
    view: readView(fields(report['view'])),
    wallMs: finite(report['wallMs']),
  };
}

function readInfo(info: Fields): CandidateInfo {
  const timings = fields(info['timings']);
  return {
    id: id(info['id']),
    name: text(info['name'], 80),
    identity: text(info['identity']),
    lock: text(info['lock']),
    pid: finite(info['pid']),
    timings: {
      leaseDuration: finite(timings['leaseDuration']),
      renewDeadline: finite(timings['renewDeadline']),
      retryPeriod: finite(timings['retryPeriod']),
      drainTimeout: finite(timings['drainTimeout']),
    },
  };
}

const CONDITIONS = ['unknown', 'absent', 'empty', 'unreadable', 'held', 'released'] as const;
const STATUSES = ['active', 'done', 'error', 'stopped'] as const;

function readView(view: Fields): CandidateView {
  return {
    state: name(view['state']),
    active: texts(view['active']),
    status: oneOf(STATUSES, view['status']),
    leads: view['leads'] === true,
    leader: textOrNull(view['leader']),
    lock: oneOf(CONDITIONS, view['lock']),
    record: view['record'] == null ? null : readRecord(fields(view['record'])),
    version: textOrNull(view['version']),
    term: view['term'] == null ? null : readTerm(fields(view['term'])),
    rings: list(view['rings']).map(readCountdown),
    waits: list(view['waits']).map(readCountdown),
    failures: finite(view['failures']),
    endReason: textOrNull(view['endReason']),
  };
}

function readRecord(record: Fields): NonNullable<CandidateView['record']> {
  return {
    holderIdentity: text(record['holderIdentity']),
    leaseDurationSeconds: finite(record['leaseDurationSeconds']),
    acquireTime: text(record['acquireTime'], 40),
    renewTime: text(record['renewTime'], 40),
    leaderTransitions: finite(record['leaderTransitions']),
  };
}

function readTerm(term: Fields): NonNullable<CandidateView['term']> {
  return { fencingToken: text(term['fencingToken'], 40), beganMsAgo: finite(term['beganMsAgo']) };
}

function readCountdown(value: unknown): Countdown {
  const { delay, totalMs, remainingMs } = fields(value);
  return { delay: name(delay), totalMs: finite(totalMs), remainingMs: finite(remainingMs) };
}

function readNews(value: unknown): NewsView {
  const { type, details } = fields(value);
  const kept = Object.entries(fields(details))
    .slice(0, LONGEST_LIST)
    .flatMap(([key, detail]): [string, string | number | boolean][] => {
      if (typeof detail === 'string') return [[name(key), text(detail)]];
      return typeof detail === 'number' || typeof detail === 'boolean' ? [[name(key), detail]] : [];
    });
  return { type: name(type), details: Object.fromEntries(kept) };
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, LONGEST_LIST) : [];
}

function texts(value: unknown): string[] {
  return list(value).map((entry) => text(entry, 120));
}

function id(value: unknown): string {
  return text(value, 60);
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? text(value) : null;
}

function oneOf<T extends string>(allowed: readonly [T, ...T[]], value: unknown): T {
  return allowed.find((one) => one === value) ?? allowed[0];
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
