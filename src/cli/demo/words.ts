import type { DemoOptions } from './args.js';
import { handoverBound, takeoverBound } from './bounds.js';
import type { Cluster } from './cluster.js';
import { LOCK_KINDS } from '../../lock/lock-kinds.js';
import { DEFAULT_TIMINGS, type Timings } from '../timings.js';
import type { LockPlace } from './messages.js';
import { overlaps, type LeadingInterval } from './overlap.js';
import type { StoryResult, Succession } from './story.js';
import { exactSeconds, seconds, wrap } from './text.js';

/** For somebody who has never seen a leader election. */
export function introduction(options: DemoOptions, cluster: Cluster, columns: number): string[] {
  const width = textWidth(columns);
  const { leaseDurationSeconds, renewDeadlineSeconds, retryPeriodSeconds } = options.timings;
  const defaults = DEFAULT_TIMINGS;
  const paragraphs = [
    'k8s-leader-election: a demonstration',
    '',
    `${options.candidates} processes (the candidates) could do the same job, and at most one may do ` +
      'it at a time: the leader. They agree by means of a lock, an object in a Kubernetes API ' +
      'server. Whoever gets its name written there leads, and must renew that again and again. ' +
      'When a leader falls silent, the others wait until its lease has run out, and then one of ' +
      'them takes its place.',
    '',
    `The lock:  ${lockName(cluster.lock)}, in ${cluster.description}`,
    '',
    'The timings:',
  ];
  const timings = [
    [
      'lease duration',
      leaseDurationSeconds,
      defaults.leaseDurationSeconds,
      'so long the others wait for a leader that has gone silent',
    ],
    [
      'renew deadline',
      renewDeadlineSeconds,
      defaults.renewDeadlineSeconds,
      'a leader that cannot renew stops by itself after so long, which is sooner',
    ],
    [
      'retry period',
      retryPeriodSeconds,
      defaults.retryPeriodSeconds,
      'so often a leader renews; the others watch the lock, and look besides, every 1 to 2.2 times as long',
    ],
  ] as const;
  return [
    ...paragraphs.flatMap((text) => (text === '' ? [''] : wrap(text, width))),
    ...timings.flatMap(([name, value, usual, meaning]) =>
      wrap(
        `- ${name} ${exactSeconds(value)} (default ${exactSeconds(usual)}): ${meaning}`,
        width,
        '  ',
      ),
    ),
  ];
}

/** What was seen, and whether it was as it should be. */
export function summarize(
  result: StoryResult,
  intervals: readonly LeadingInterval[],
  timings: Timings,
  columns: number,
): { readonly lines: string[]; readonly problem: string | null } {
  const width = textWidth(columns);
  const { takeover, handover, fencingTokens } = result;
  const item = (text: string): string[] => wrap(`- ${text}`, width, '  ');
  const twoLeaders = overlaps(intervals);
  const growing = fencingTokens.every((token, index) => {
    const before = fencingTokens[index - 1];
    return before === undefined || token > before;
  });
  const lines = [
    'What you saw',
    ...item(
      `Election: ${result.firstLeader} led ${seconds(result.electedAfterMs)} after the candidates ` +
        'had begun.',
    ),
    ...item(
      `Crash: ${takeover.from} was killed with SIGKILL; ${takeover.to} led ` +
        `${seconds(takeover.tookMs)} later. ${allowed(takeover)}`,
    ),
    ...item(
      `Clean stop: ${handover.from} was stopped with SIGTERM; ${handover.to} led ` +
        `${seconds(handover.tookMs)} later, ${seconds(handover.freeMs)} after the lock was ` +
        `released. ${allowed(handover)}`,
    ),
    ...item(leadersSentence(intervals.length, twoLeaders.length)),
    ...item(
      `Fencing tokens: ${fencingTokens.join(', then ')}. ` +
        (growing
          ? 'Each leader got a greater one, so a store can refuse what an earlier leader still sends.'
          : 'They did not grow, which they must.'),
    ),
    ...item(defaultsSentence(timings)),
  ];
  const problem =
    twoLeaders.length > 0
      ? twoLeaders
          .map(({ first, second, ms }) => `${first} and ${second} both led for ${seconds(ms)}.`)
          .join(' ')
      : growing
        ? null
        : `The fencing tokens did not grow: ${fencingTokens.join(', ')}.`;
  return { lines, problem };
}

export function lockName({ kind, namespace, name }: LockPlace): string {
  return `${LOCK_KINDS[kind].kind} ${namespace}/${name}`;
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
  const { leaseDurationSeconds: lease, renewDeadlineSeconds: renew } = DEFAULT_TIMINGS;
  const { retryPeriodSeconds: retry } = DEFAULT_TIMINGS;
  const isDefault =
    timings.leaseDurationSeconds === lease &&
    timings.renewDeadlineSeconds === renew &&
    timings.retryPeriodSeconds === retry;
  const chosen = [timings.leaseDurationSeconds, timings.renewDeadlineSeconds];
  if (isDefault) return `These were the package's default timings (${lease}/${renew}/${retry} s).`;
  return (
    `Timings here: ${[...chosen, timings.retryPeriodSeconds].join('/')} s. With the package's ` +
    `defaults, ${lease}/${renew}/${retry} s, at most ${seconds(takeoverBound(DEFAULT_TIMINGS).ms)} ` +
    `after a crash and ${seconds(handoverBound(DEFAULT_TIMINGS).ms)} after a clean stop.`
  );
}

function textWidth(columns: number): number {
  return Math.min(Math.max(columns, 20) - 1, 90);
}
