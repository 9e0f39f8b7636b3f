import type { Line } from '../style.js';
import { machineNow } from '../machine-time.js';
import { columns, wrap } from '../text.js';
import { DEFAULT_TIMINGS, type Timings } from '../timings.js';
import { handoverBound, seconds, takeoverBound } from './bounds.js';
import type { LeadingInterval, Member } from './member.js';
import type { StoryResult, Succession } from './story.js';

/** For somebody who has never seen a leader election. */
export function introduction(
  timings: Timings,
  candidates: number,
  lock: string,
  width: number,
): string[] {
  const timing = (name: string, key: keyof Timings, meaning: string): string[] =>
    wrap(
      `- ${name} ${timings[key]} s (default ${DEFAULT_TIMINGS[key]} s): ${meaning}`,
      width,
      '  ',
    );
  return [
    'k8s-leader-election: a demonstration',
    '',
    ...wrap(
      `${candidates} processes (the candidates) could do the same job, and at most one may do it ` +
        'at a time: the leader. They agree by means of a lock, an object in a Kubernetes API ' +
        'server. Whoever gets its name written there leads, and must renew that again and again. ' +
        'When a leader falls silent, the others wait until its lease has run out, and then one of ' +
        'them takes its place.',
      width,
    ),
    '',
    ...wrap(`The lock:  ${lock}`, width),
    '',
    'The timings:',
    ...timing(
      'lease duration',
      'leaseDurationSeconds',
      'so long the others wait for a leader that has gone silent',
    ),
    ...timing(
      'renew deadline',
      'renewDeadlineSeconds',
      'a leader that cannot renew stops by itself after so long, which is sooner',
    ),
    ...timing(
      'retry period',
      'retryPeriodSeconds',
      'so often a leader renews; the others watch the lock, and look for themselves when a renewal is overdue',
    ),
  ];
}

/** What the table shows of a candidate. */
export type Row = Pick<Member, 'name' | 'leads' | 'phase' | 'since' | 'facts' | 'pid'>;

/** The candidates as they are now. What matters least stands last: a narrow terminal cuts it off. */
export function table(members: readonly Row[]): Line[] {
  const rows = members.map(({ name, leads, phase, since, facts, pid }) => [
    `${leads ? '*' : ' '} ${name}`,
    phase,
    `${Math.max(0, Math.floor((machineNow() - since) / 1000))} s`,
    facts.fencingToken ?? '-',
    String(facts.renewals),
    String(pid ?? '-'),
  ]);
  // Room for the longest state, and for durations to grow, keeps the columns from jumping.
  const titles = ['  candidate', 'state    ', 'since', 'token', 'renewals', 'pid'];
  const [header = '', ...body] = columns([titles, ...rows]);
  return [
    { text: header, style: 'dim' },
    ...body.map((text, index): Line => ({ text, style: STYLES[members[index]?.phase ?? ''] })),
  ];
}

const STYLES: Readonly<Record<string, Line['style']>> = {
  leading: 'green',
  renewing: 'green',
  killed: 'red',
  ended: 'dim',
};

/** What was seen, and whether it was as it should be. */
export function summarize(
  result: StoryResult,
  intervals: readonly LeadingInterval[],
  timings: Timings,
  width: number,
): { readonly lines: string[]; readonly problem: string | null } {
  const { takeover, handover, fencingTokens: tokens } = result;
  const both = overlaps(intervals);
  const growing = tokens.every((token, index) => index === 0 || token > (tokens[index - 1] ?? 0n));
  const items = [
    `Election: ${result.firstLeader} led ${seconds(result.electedAfterMs)} after the candidates ` +
      'had begun.',
    `Crash: ${takeover.from} was killed with SIGKILL; ${takeover.to} led ` +
      `${seconds(takeover.tookMs)} later. ${allowed(takeover)}`,
    `Clean stop: ${handover.from} was stopped with SIGTERM; ${handover.to} led ` +
      `${seconds(handover.tookMs)} later, ${seconds(handover.freeMs)} after the lock was ` +
      `released. ${allowed(handover)}`,
    leadersSentence(intervals.length, both.length),
    `Fencing tokens: ${tokens.join(', then ')}. ` +
      (growing
        ? 'Each leader got a greater one, so a store can refuse what an earlier leader still sends.'
        : 'They did not grow, which they must.'),
    defaultsSentence(timings),
  ];
  const problem = both.join(' ') || `The fencing tokens did not grow: ${tokens.join(', ')}.`;
  return {
    lines: ['What you saw', ...items.flatMap((text) => wrap(`- ${text}`, width, '  '))],
    problem: both.length === 0 && growing ? null : problem,
  };
}

/** A sentence for each pair of times in which two candidates led at once. To touch is not to overlap. */
export function overlaps(intervals: readonly LeadingInterval[]): string[] {
  const sorted = [...intervals].sort((a, b) => a.from - b.from);
  return sorted.flatMap((first, index) =>
    sorted
      .slice(index + 1)
      .map((second) => ({ second, ms: Math.min(first.to, second.to) - second.from }))
      .filter(({ ms }) => ms > 0)
      .map(({ second, ms }) => `${first.name} and ${second.name} both led for ${seconds(ms)}.`),
  );
}

function allowed({ bound }: Succession): string {
  return `The timings allow ${seconds(bound.ms)}: ${bound.because}.`;
}

function leadersSentence(times: number, pairs: number): string {
  const verdict =
    pairs === 0 ? 'Two leaders at once: at no moment.' : `Two leaders at once: ${pairs} times!`;
  return (
    `${verdict} Measured from the candidates' own reports: each asks its isLeader() at every change ` +
    'of its state and every 20 ms, and dates what it hears by the monotonic clock that all ' +
    'processes of this machine share; a killed one counts as leading until its end was seen. The ' +
    `${times} times of leading so reported ${pairs === 0 ? 'do not overlap' : 'overlap'}.`
  );
}

function defaultsSentence(timings: Timings): string {
  const [here, usual] = [timings, DEFAULT_TIMINGS].map((each) =>
    [each.leaseDurationSeconds, each.renewDeadlineSeconds, each.retryPeriodSeconds].join('/'),
  );
  if (here === usual) return `These were the package's default timings (${usual} s).`;
  return (
    `Timings here: ${here} s. With the package's defaults, ${usual} s, at most ` +
    `${seconds(takeoverBound(DEFAULT_TIMINGS).ms)} after a crash and ` +
    `${seconds(handoverBound(DEFAULT_TIMINGS).ms)} after a clean stop.`
  );
}
