import { clusterCard, isFromCluster } from './cluster.js';
import { remainingAt } from './history.js';
import type { Mood } from './nobody-leads.js';
import { ringLeft, type Standing } from './standing.js';
import { AS_IT_SHOULD, problemText, reasonText, seconds } from './words.js';

/* What one candidate is doing, in a sentence. Knows no browser. */

/** The life of a candidate, in the order in which it goes by. */
export const STAGES = ['idle', 'waits', 'leads', 'stops', 'over'] as const;

export type Stage = (typeof STAGES)[number];

export interface CardWords {
  /** The state as `election.state` calls it, unless the candidate is not there any more. */
  readonly state: string;
  /** Null once it is gone. */
  readonly stage: Stage | null;
  readonly mood: Mood;
  readonly text: string;
}

const STAGE_OF: Readonly<Record<string, Stage>> = {
  idle: 'idle',
  acquiring: 'waits',
  rejoining: 'waits',
  leading: 'leads',
  renewing: 'leads',
  draining: 'stops',
  releasing: 'stops',
  lost: 'stops',
  stopped: 'over',
};

/** For so long somebody who is gone is worth a look. */
const NEWS_MS = 30_000;

/** @param names by identity: what the holder of the lock is called on this page */
export function cardWords(
  standing: Standing,
  t: number,
  names: ReadonlyMap<string, string>,
): CardWords {
  if (isFromCluster(standing.candidate)) return clusterCard(standing, t);
  const { presence, step, silentMs } = standing;
  const { view } = step;
  const stage = STAGE_OF[view.state] ?? null;
  const said = (mood: Mood, text: string): CardWords => ({ state: view.state, stage, mood, text });
  switch (presence) {
    case 'gone': {
      const text = 'Gone: its process has ended, or cannot reach this chart.';
      const isNews = t - (standing.candidate.goneAt ?? t) < NEWS_MS;
      return { ...said(isNews ? 'warning' : 'calm', text), state: 'gone', stage: null };
    }
    case 'left':
      return { ...said('calm', 'Not observed any more.'), state: 'left', stage: null };
    case 'silent': {
      const text = `Nothing heard for ${seconds(silentMs)}: killed, frozen or cut off?`;
      return { ...said('warning', text), state: 'no word' };
    }
    case 'over': {
      const why = view.endReason ?? 'stopped';
      const asItShould = AS_IT_SHOULD.includes(why);
      return {
        ...said(asItShould ? 'calm' : 'warning', `Over: ${reasonText(why)}.`),
        stage: 'over',
      };
    }
    case 'here':
      return said(moodOf(standing), hereText(standing, t, names));
  }
}

function moodOf({ failure, step }: Standing): Mood {
  const { state, active } = step.view;
  if (active.includes('lost.overrun')) return 'trouble';
  if (failure !== null || state === 'lost') return 'warning';
  if (state === 'leading' || state === 'renewing') return 'good';
  return state === 'draining' || state === 'releasing' ? 'change' : 'calm';
}

function hereText(standing: Standing, t: number, names: ReadonlyMap<string, string>): string {
  const { step, failure } = standing;
  const { view } = step;
  const problem = failure === null ? '' : problemText(failure);
  const again = waitLeft(standing, 'retryDelay', t);
  const tries = again === null ? '' : ` Tries again in ${again}.`;
  switch (view.state) {
    case 'idle':
      return 'Has not started to compete.';
    case 'acquiring':
      return failure === null
        ? waitingText(standing, t, names)
        : `Cannot take part: ${problem}.${tries}`;
    case 'leading':
      return `Leads; the next renewal is due in ${due(standing, t)}.`;
    case 'renewing':
      return failure === null
        ? 'Leads, and renews its lease.'
        : `Leads; the renewal fails: ${problem}.${tries}`;
    case 'draining':
      return `Still holds the lock; its work was told to end: ${reasonText(view.endReason)}.`;
    case 'releasing':
      return failure === null ? 'Gives the lock back.' : `Cannot give the lock back: ${problem}.`;
    case 'lost':
      return view.active.includes('lost.overrun')
        ? 'Its lease has run out, and its work goes on.'
        : `Leads no more: ${reasonText(view.endReason)}. Its work winds down.`;
    case 'rejoining':
      return 'Pauses after its term, so that another has the first try.';
    default:
      return '';
  }
}

function waitingText({ step }: Standing, t: number, names: ReadonlyMap<string, string>): string {
  const { lock, record } = step.view;
  const left = ringLeft(step, 'leaseDuration', t);
  if (lock === 'unreadable') return 'Waits: the record in the lock cannot be read.';
  if (lock === 'held' && left !== null && left > 0) {
    const holder = record?.holderIdentity ?? '';
    return `Waits: ${names.get(holder) ?? holder} holds the lock for ${seconds(left)} more.`;
  }
  return lock === 'unknown' ? 'Looks at the lock.' : 'Tries to take the lock, which is free.';
}

function due({ step }: Standing, t: number): string {
  const left = ringLeft(step, 'retryPeriod', t);
  return left === null ? 'a moment' : seconds(left);
}

function waitLeft({ step }: Standing, delay: string, t: number): string | null {
  const wait = step.view.waits.find((one) => one.delay === delay);
  return wait === undefined ? null : seconds(remainingAt(wait, step, t));
}
