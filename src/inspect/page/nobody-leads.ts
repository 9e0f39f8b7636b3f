import { listed, LONGEST_NAME, middleCut } from './names.js';
import { lockKnowledge, type LockKnowledge, type Standing, waiting } from './standing.js';
import { AS_IT_SHOULD, lasting, problemText, reasonText, seconds } from './words.js';

/* Why nobody leads, in one sentence. Knows no browser. */

/**
 * `calm`: nothing is wrong and nobody leads. `good`: somebody leads. `change`: a hand-over as it should
 * be. `warning`: the leadership is in danger, or will take a while. `trouble`: nobody can lead, or
 * what must never be is.
 */
export type Mood = 'calm' | 'good' | 'change' | 'warning' | 'trouble';

export interface Headline {
  /** Another one when something else is the case, and not with each figure. */
  readonly key: string;
  readonly mood: Mood;
  readonly text: string;
  /** What explains it or follows from it, in whole sentences; may be empty. */
  readonly more: string;
  /** In a few words, for the title of the page. */
  readonly title: string;
}

/** So long a hand-over may take before it is worth a worry. */
const USUAL_MS = 5000;

/** @param all who competes for one lock, the one that led last at the end; none of them leads */
export function nobodyLeads(all: readonly Standing[], t: number): Headline {
  const active = all.filter(({ presence }) => presence === 'here' || presence === 'silent');
  if (all.length === 0) return said('none', 'calm', 'No candidate yet', '');
  if (active.length === 0) return allOver(all);
  if (active.every(({ step }) => step.view.state === 'idle') && active.length === all.length) {
    return said('idle', 'calm', 'Nobody competes yet', `${these(active)} not started.`);
  }
  const lock = lockKnowledge(all, t);
  const failing = cannotReach(active);
  const owner = all.findLast(({ identity }) => identity === lock.holder);
  if (lock.holder !== null && !isFormer(owner, lock)) return heldElsewhere(lock, owner, failing, t);
  const last = all.findLast(({ term }) => term !== null);
  const since = last?.term?.to ?? Math.min(...all.map(({ candidate }) => firstOf(candidate)));
  const forMs = t - since;
  if (failing !== null) return unreachable(failing, lock, owner, forMs);
  if (lock.holder !== null && owner !== undefined) return leaseStands(owner, active, lock, forMs);
  return free(last, active, forMs);
}

function said(situation: string, mood: Mood, text: string, more: string): Headline {
  const title = mood === 'calm' ? text : 'Nobody leads';
  return {
    key: `${situation} ${text.replace(/[\d.]+ (s|min|h|days)\b/g, '')}`,
    mood,
    text,
    more,
    title,
  };
}

function firstOf({ steps }: Standing['candidate']): number {
  return steps[0]?.t ?? Infinity;
}

function these(all: readonly Standing[]): string {
  return `${listed(all.map(({ name }) => name))} ${all.length === 1 ? 'has' : 'have'}`;
}

function allOver(all: readonly Standing[]): Headline {
  const gone = all.filter(({ presence }) => presence === 'gone');
  if (gone.length > 0) {
    const text = `Nobody leads: ${these(gone)} gone without a word`;
    const more = 'The process has ended, or cannot reach this chart any more.';
    return said('gone', 'trouble', text, more);
  }
  if (all.some(({ presence }) => presence === 'left')) {
    return said('left', 'calm', 'Nobody is observed any more', '');
  }
  const last = all.findLast(({ term }) => term !== null) ?? all.at(-1);
  const why = last?.step.view.endReason ?? last?.term?.why ?? 'stopped';
  const failed = !AS_IT_SHOULD.includes(why);
  const text = all.length === 1 ? `${last?.name ?? ''} has stopped` : 'All have stopped';
  const more = `${last?.name ?? ''} was the last to lead; why it ended: ${reasonText(why)}.`;
  return said('over', failed ? 'warning' : 'calm', text, last?.term == null ? '' : more);
}

/** What keeps everybody who wants the lock from it; null while at least one gets through. */
function cannotReach(active: readonly Standing[]): Standing | null {
  const wanting = active.filter(({ step, presence }) => {
    return presence === 'here' && step.view.state === 'acquiring';
  });
  const failing = wanting.filter(({ failure }) => failure !== null);
  return failing.length > 0 && failing.length === wanting.length ? (failing[0] ?? null) : null;
}

/** That it held the lock is over, though its lease may stand: it has lost it, or tells no more. */
function isFormer(owner: Standing | undefined, { renewedAt }: LockKnowledge): boolean {
  if (owner === undefined) return false;
  const { presence, candidate } = owner;
  const isAway = presence === 'gone' || presence === 'left';
  return !isAway || renewedAt <= (candidate.goneAt ?? Infinity);
}

/** Somebody holds the lock who does not report here, or not any more. */
function heldElsewhere(
  lock: LockKnowledge,
  owner: Standing | undefined,
  failing: Standing | null,
  t: number,
): Headline {
  const holder = owner?.name ?? middleCut(lock.holder ?? '', LONGEST_NAME);
  const renewed = `renewed ${seconds(t - lock.renewedAt)} ago, as the others see it`;
  const any = owner === undefined ? '' : ' any more';
  const text = `${holder} holds the lock and does not report here${any}; ${renewed}`;
  const problem = failing?.failure ?? null;
  const more = problem === null ? '' : `${failing?.name}: ${problemText(problem)}.`;
  const mood = problem !== null || owner !== undefined ? 'warning' : 'good';
  return { ...said('elsewhere', mood, text, more), title: `${holder} holds the lock` };
}

function unreachable(
  { failure, name }: Standing,
  lock: LockKnowledge,
  owner: Standing | undefined,
  forMs: number,
): Headline {
  const text = `Nobody leads for ${lasting(forMs)}: ${failure === null ? '' : problemText(failure)}`;
  const lease =
    lock.holder === null
      ? ''
      : `The lease of ${owner?.name ?? middleCut(lock.holder, LONGEST_NAME)} runs out in ${seconds(lock.leftMs)}. `;
  return said('unreachable', 'trouble', text, `${lease}${name}: ${failure?.error ?? ''}`);
}

/** Nobody may take the lock before the lease of the last leader has run out. */
function leaseStands(
  owner: Standing,
  active: readonly Standing[],
  { leftMs }: LockKnowledge,
  forMs: number,
): Headline {
  const { presence, step, name, term } = owner;
  const runsOut = `the lease of ${name} runs out in ${seconds(leftMs)}`;
  const next = waiting(active);
  const then = next === '' ? 'Nobody waits to take over.' : `Then ${next} may take over.`;
  const forLong = term === null ? '' : ` for ${lasting(forMs)}`;
  if (presence === 'gone') {
    return said('gone', 'warning', `${name} is gone; nobody leads${forLong}: ${runsOut}`, then);
  }
  if (presence === 'silent') {
    const text = `Nothing is heard of ${name}; nobody leads${forLong}: ${runsOut}`;
    return said('silent', 'warning', text, then);
  }
  if (step.view.state === 'releasing') {
    const text = `${name} stops and gives the lock back`;
    return said('releasing', 'change', text, next === '' ? '' : `Next: ${next}.`);
  }
  const why = step.view.endReason ?? term?.why ?? null;
  const lost = why === null || term === null ? '' : `${name} stopped: ${reasonText(why)}. `;
  return said('lease', 'warning', `Nobody leads${forLong}: ${runsOut}`, lost + then);
}

function free(last: Standing | undefined, active: readonly Standing[], forMs: number): Headline {
  const next = waiting(active);
  if (active.every(({ presence }) => presence === 'silent')) {
    const text = `Nobody leads for ${lasting(forMs)}: nothing is heard of ${listed(active.map(({ name }) => name))}`;
    return said('silent', 'warning', text, 'Frozen, cut off, or killed.');
  }
  if (last?.term == null) {
    const mood = forMs > USUAL_MS ? 'warning' : 'calm';
    const text = 'Waiting for the first leader';
    return said('first', mood, text, next === '' ? '' : `Next: ${next}.`);
  }
  const why = last.presence === 'gone' ? 'it is gone' : reasonText(last.term.why ?? 'stopped');
  const more = `${last.name} led until then: ${why}.`;
  if (next === '') {
    const text = `Nobody leads for ${lasting(forMs)}, and nobody competes`;
    return said('nobody', 'warning', text, more);
  }
  const asItShould = AS_IT_SHOULD.includes(last.term.why ?? 'stopped') && last.presence !== 'gone';
  if (forMs > USUAL_MS || !asItShould) {
    return said('late', 'warning', `Nobody leads for ${lasting(forMs)}; next: ${next}`, more);
  }
  return said('handover', 'change', `${last.name} has stopped; next: ${next}`, more);
}
