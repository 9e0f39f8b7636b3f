import { clusterHeadline, isFromCluster } from './cluster.js';
import type { Candidate } from './history.js';
import { labels, LONGEST_NAME } from './names.js';
import { type Headline, type Mood, nobodyLeads } from './nobody-leads.js';
import {
  contradicts,
  lockKnowledge,
  ringLeft,
  type Standing,
  standings,
  waiting,
} from './standing.js';
import { lasting, problemText, reasonText, seconds } from './words.js';

/* What the whole page comes down to, in one sentence. Knows no browser. */

export interface LockHeadline extends Headline {
  readonly lock: string;
}

/** One for each lock that the candidates compete for, what is worst first. */
export function headlines(candidates: readonly Candidate[], t: number): LockHeadline[] {
  const locks = [...new Set(candidates.map(({ info }) => info.lock))];
  return locks
    .map((lock) => {
      const own = candidates.filter(({ info }) => info.lock === lock);
      return { lock, ...headlineOf(own, t) };
    })
    .sort((a, b) => MOODS.indexOf(b.mood) - MOODS.indexOf(a.mood));
}

const MOODS: readonly Mood[] = ['calm', 'good', 'change', 'warning', 'trouble'];

/** @param candidates for one lock */
export function headlineOf(candidates: readonly Candidate[], t: number): Headline {
  const names = labels(
    candidates.map(({ info }) => info),
    LONGEST_NAME,
  );
  const all = standings(candidates, t, names);
  if (candidates.some(isFromCluster)) return clusterHeadline(all, t);
  const claims = all.filter(({ claim }) => claim !== null);
  const leader = claims.at(-1);
  const rival = claims.find((one) => leader !== undefined && contradicts(one, leader));
  if (leader !== undefined && rival !== undefined && rival !== leader)
    return twoLead(rival, leader);
  const overrun = all.find(({ step, presence }) => {
    return presence === 'here' && step.view.active.includes('lost.overrun');
  });
  if (overrun !== undefined) return goesOn(overrun, leader);
  return leader === undefined ? nobodyLeads(all, t) : leads(leader, all, t);
}

function twoLead(a: Standing, b: Standing): Headline {
  const [first, second] = [a, b].map(({ step }) => step.view.term?.fencingToken ?? '?');
  return {
    key: `two ${a.name} ${b.name}`,
    mood: 'trouble',
    text: `Two lead at once: ${a.name} and ${b.name}. This must never be`,
    more:
      `Both say so themselves, with the fencing tokens ${first} and ${second}. Stop one of them, ` +
      'keep what both have logged, and report it.',
    title: `TWO LEAD: ${a.name}, ${b.name}`,
  };
}

function goesOn({ name }: Standing, leader: Standing | undefined): Headline {
  const beside = leader === undefined ? '' : `, and ${leader.name} leads`;
  return {
    key: `overrun ${name} ${leader?.name}`,
    mood: 'trouble',
    text: `The work of ${name} goes on though its lease has run out${beside}`,
    more: 'It was told to stop. What it writes now must be refused by its fencing token.',
    title: leader === undefined ? `${name} overruns` : `${leader.name} leads, ${name} overruns`,
  };
}

function leads(leader: Standing, all: readonly Standing[], t: number): Headline {
  const { name, step, silentMs } = leader;
  const claim = leader.claim ?? { since: step.t, leftMs: 0 };
  const said = (situation: string, mood: Mood, text: string, more: string): Headline => {
    const title = mood === 'warning' ? `${name} leads, in danger` : `${name} leads`;
    return { key: `${situation} ${name}`, mood, text, more, title };
  };
  const unless = `It stops in ${seconds(claim.leftMs)} unless a renewal succeeds.`;
  if (silentMs > 0) {
    const text = `Nothing was heard of the leader, ${name}, for ${seconds(silentMs)}`;
    const most = `It is frozen or cut off. It leads for ${seconds(claim.leftMs)} more at most.`;
    return said('silent', 'warning', text, most);
  }
  if (leader.failure !== null) {
    const text = `${name} still leads, but cannot renew its lease: ${problemText(leader.failure)}`;
    return said('failing', 'warning', text, unless);
  }
  if (step.view.state === 'draining') {
    const why = reasonText(leader.step.view.endReason ?? 'stopped');
    const next = waiting(all);
    const then = next === '' ? '' : `, for ${next} to take`;
    const more = `When its work has ended, the lock is given back${then}.`;
    return said('draining', 'change', `${name} stops leading: ${why}`, more);
  }
  const unanswered = t - sinceState(leader);
  const tolerable = leader.candidate.info.timings.renewDeadline * SLOW_PART;
  if (step.view.state === 'renewing' && unanswered > tolerable) {
    const text = `${name} still leads, but its renewal has had no answer for ${seconds(unanswered)}`;
    return said('unanswered', 'warning', text, unless);
  }
  const renewed = renewedAgo(leader, all, t);
  const ago = renewed === null ? '' : `; renewed ${seconds(renewed)} ago`;
  const text = `${name} leads for ${lasting(t - claim.since)}${ago}`;
  return said('leads', 'good', text, [cameFrom(leader, all, t), rest(leader, all)].join(''));
}

/** Of the renew deadline: a renewal that has been under way for longer is one to worry about. */
const SLOW_PART = 0.1;

/** When it came into the state that it is in, as far as is remembered. */
function sinceState({ candidate, step }: Standing): number {
  const until = candidate.steps.slice(0, candidate.steps.indexOf(step) + 1);
  const before = until.findLastIndex(({ view }) => view.state !== step.view.state);
  return until[before + 1]?.t ?? step.t;
}

function renewedAgo({ step }: Standing, all: readonly Standing[], t: number): number | null {
  const ring = step.view.rings.find(({ delay }) => delay === 'leaseDuration');
  const left = ringLeft(step, 'leaseDuration', t);
  if (ring !== undefined && left !== null) return ring.totalMs - left;
  const { renewedAt } = lockKnowledge(all, t);
  return Number.isFinite(renewedAt) ? t - renewedAt : null;
}

/** For how long it is told whom a leader has followed. */
const NEW_LEADER_MS = 60_000;

function cameFrom(leader: Standing, all: readonly Standing[], t: number): string {
  const since = leader.claim?.since ?? t;
  const before = all.findLast((one) => one !== leader && one.term !== null);
  if (before?.term == null || t - since > NEW_LEADER_MS) return '';
  const gap = Math.max(0, since - before.term.to);
  const { presence, term } = before;
  if (before.claim !== null) return `${before.name} has not said yet that it has stopped. `;
  const why = presence === 'gone' ? 'it was gone' : reasonText(term?.why ?? 'stopped');
  return `It took over from ${before.name} (${why}) after ${seconds(gap)} without a leader. `;
}

function rest(leader: Standing, all: readonly Standing[]): string {
  const token = leader.step.view.term?.fencingToken ?? '';
  const stands = token === '' ? '' : ` Fencing token ${token}.`;
  const next = waiting(all, 'and');
  if (next === '') return `Nobody waits to take over.${stands}`;
  return `${next} ${next.includes(' and ') ? 'wait' : 'waits'} to take over.${stands}`;
}
