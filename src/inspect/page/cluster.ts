import type { CardWords } from './card-words.js';
import type { Candidate } from './history.js';
import type { Headline, Mood } from './nobody-leads.js';
import { ringLeft, type Standing } from './standing.js';
import { lasting, problemText, reasonText, seconds } from './words.js';

/*
 * What is said where the cluster alone tells, and no candidate reports: who holds the lock, and who
 * did. Who waits for it and why a leader has stopped is not known. Knows no browser.
 */

export function isFromCluster({ info }: Candidate): boolean {
  return info.source === 'cluster';
}

/** So long a hand-over may take before it is worth a worry. */
const USUAL_MS = 5000;

/** @param all those of one lock, the one that led last at the end */
export function clusterHeadline(all: readonly Standing[], t: number): Headline {
  const leader = all.findLast(({ claim }) => claim !== null);
  const lost = all.find(({ step }) => step.view.failures > 0);
  if (lost !== undefined) return outOfSight(lost, leader, t);
  if (leader !== undefined) {
    const { name, step, claim } = leader;
    const ring = step.view.rings.find(({ delay }) => delay === 'leaseDuration');
    const ago = (ring?.totalMs ?? 0) - (claim?.leftMs ?? 0);
    const long = lasting(t - (claim?.since ?? t));
    return {
      key: `leads ${name}`,
      mood: 'good',
      text: `${name} leads for ${long}; renewed ${seconds(Math.max(0, ago))} ago`,
      more: `As the cluster tells it. Transitions ${step.view.term?.fencingToken ?? '?'}.`,
      title: `${name} leads`,
    };
  }
  return nobody(all, t);
}

function outOfSight(lost: Standing, leader: Standing | undefined, t: number): Headline {
  const { step, candidate } = lost;
  const first = candidate.steps.findLast(({ t: at, view }) => at <= t && view.failures === 0);
  const failed = step.news.find(({ type }) => type === 'sightFailed')?.details;
  const why = problemText({
    kind: String(failed?.['kind'] ?? ''),
    error: String(failed?.['error'] ?? 'the lock cannot be read'),
  });
  return {
    key: 'out of sight',
    mood: 'warning',
    text: `Who leads is not known: ${why}`,
    more:
      (leader === undefined ? '' : `${leader.name} did, and its lease still runs. `) +
      `Last heard of ${lasting(t - (first?.t ?? step.t))} ago.`,
    title: 'Who leads is not known',
  };
}

function nobody(all: readonly Standing[], t: number): Headline {
  const last = all.findLast(({ term }) => term !== null) ?? all.findLast(isNamed);
  const said = (mood: Mood, text: string): Headline => ({
    key: `nobody ${last?.name}`,
    mood,
    text,
    more: 'As the cluster tells it. Who waits to take over, it does not tell.',
    title: 'Nobody leads',
  });
  if (last === undefined) return said('calm', 'Nobody leads');
  const { step, term } = last;
  const why = step.view.endReason ?? 'lapsed';
  const forMs = term === null ? 0 : t - term.to;
  const mood = why === 'released' && forMs < USUAL_MS ? 'change' : 'warning';
  const forLong = term === null ? '' : ` for ${lasting(forMs)}`;
  return said(mood, `Nobody leads${forLong}; ${last.name}: ${reasonText(why)}`);
}

function isNamed({ step }: Standing): boolean {
  return step.view.endReason !== null;
}

const MOODS: Readonly<Record<string, Mood>> = { holds: 'good', lapsed: 'warning' };

const STATES: Readonly<Record<string, string>> = { unheld: 'not held', former: 'led before' };

export function clusterCard({ step, claim, presence }: Standing, t: number): CardWords {
  const { state, says = '' } = step.view;
  // Its lease has run out, and nobody has looked since.
  const isOver = state === 'holds' && claim === null;
  const left = ringLeft(step, 'leaseDuration', t);
  const runs = claim === null || left === null ? '' : ` Its lease runs for ${seconds(left)} more.`;
  return {
    state: presence === 'left' ? 'gone' : (STATES[state] ?? state),
    stage: claim === null ? null : 'leads',
    mood: isOver ? 'warning' : (MOODS[state] ?? 'calm'),
    text: isOver ? 'Its lease has run out, as far as is known.' : says + runs,
  };
}
