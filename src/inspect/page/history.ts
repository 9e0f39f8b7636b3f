import { whomToForget } from './forgetting.js';
import type { CandidateInfo, Countdown, PageMessage, StepReport, Timed } from '../wire.js';

/* What the page has heard, and what it says about any moment in that time. Knows no browser. */

export type Step = Timed<StepReport>;

export interface Candidate {
  readonly info: CandidateInfo;
  /** In the order in which it was first heard of: its colour. */
  readonly index: number;
  /** In the order of time. */
  readonly steps: readonly Step[];
  /** From when on nothing more comes of it. */
  readonly goneAt: number | null;
  /** That it is gone was not said by itself: its connection ended. */
  readonly vanished: boolean;
}

/** A time in which one candidate held the lock. */
export interface TermSpan {
  readonly fencingToken: string;
  readonly from: number;
  /** Null while it lasts. */
  readonly to: number | null;
  readonly endReason: string | null;
}

/** Of all candidates: as many as can be looked through. */
const STEPS_KEPT = 5000;
const PARTINGS_KEPT = 500;

export class History {
  #candidates = new Map<string, Candidate & { steps: Step[] }>();
  #steps: Step[] = [];
  /** Of who has gone without a word, which is news, and no step of its own. */
  #partings: Step[] = [];
  /** How many there have been. */
  #heardOf = 0;

  get candidates(): readonly Candidate[] {
    return [...this.#candidates.values()];
  }

  /** Of all candidates, in the order of time. */
  get steps(): readonly Step[] {
    return this.#steps;
  }

  /** The steps, and when who was gone, in the order of time. */
  get happenings(): readonly Step[] {
    return [...this.#steps, ...this.#partings].sort((a, b) => a.t - b.t);
  }

  apply({ reset, reports }: PageMessage): void {
    if (reset) {
      this.#candidates = new Map();
      this.#steps = [];
      this.#partings = [];
      this.#heardOf = 0;
    }
    for (const report of reports) {
      if (report.kind === 'candidate') this.#introduce(report.info);
      const id = report.kind === 'candidate' ? report.info.id : report.candidate;
      const candidate = this.#candidates.get(id);
      if (candidate === undefined) continue;
      if (report.kind === 'gone') {
        const vanished = report.vanished === true;
        this.#candidates.set(id, { ...candidate, goneAt: report.t, vanished });
        if (vanished) this.#part(candidate, report.t);
      }
      if (report.kind !== 'step') continue;
      insert(candidate.steps, report);
      insert(this.#steps, report);
    }
    if (this.#steps.length > STEPS_KEPT) this.#forget();
  }

  candidate(id: string): Candidate | null {
    return this.#candidates.get(id) ?? null;
  }

  #introduce(info: CandidateInfo): void {
    const known = this.#candidates.get(info.id);
    const index = known?.index ?? this.#heardOf++;
    const steps = known?.steps ?? [];
    this.#candidates.set(info.id, { info, index, steps, goneAt: null, vanished: false });
    const forgotten = whomToForget(this.#candidates, ({ goneAt }) => goneAt !== null);
    if (forgotten === null) return;
    this.#candidates.delete(forgotten);
    const isKept = ({ candidate }: Step): boolean => candidate !== forgotten;
    this.#steps = this.#steps.filter(isKept);
    this.#partings = this.#partings.filter(isKept);
  }

  #part({ steps }: Candidate, t: number): void {
    const last = steps.at(-1);
    // One whose candidacy was over has nothing to be gone from.
    if (last?.view.status !== 'active') return;
    const news = [{ type: 'vanished', details: { led: last.view.leads } }];
    const wallMs = last.wallMs + Math.max(0, t - last.t);
    this.#partings = [...this.#partings, { ...last, t, wallMs, news }].slice(-PARTINGS_KEPT);
  }

  #forget(): void {
    this.#steps = this.#steps.slice(-STEPS_KEPT / 2);
    const oldest = this.#steps[0]?.t ?? 0;
    for (const candidate of this.#candidates.values()) {
      // The last one stays, whatever its age: it says where the candidate stands.
      const from = candidate.steps.findIndex(({ t }) => t >= oldest);
      candidate.steps.splice(0, from < 0 ? candidate.steps.length - 1 : from);
    }
  }
}

/** Reports of several processes arrive in turn, and may be a little out of order. */
function insert(steps: Step[], step: Step): void {
  let at = steps.length;
  while (at > 0 && (steps[at - 1]?.t ?? 0) > step.t) at -= 1;
  steps.splice(at, 0, step);
}

/** Where a candidate stood at a time; null before it was first heard of. */
export function stepAt(steps: readonly Step[], t: number): Step | null {
  const index = lastAt(steps, t);
  return steps[index] ?? null;
}

/** The index of the last step that is not later than `t`; -1 before the first. */
export function lastAt(steps: readonly Step[], t: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle]?.t ?? Infinity) <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * The moment of the step after, or before, the one that is shown at a time; null while there are no
 * steps. Of steps at one and the same moment the last is shown, so that they are passed together.
 */
export function momentBeside(steps: readonly Step[], t: number, by: 1 | -1): number | null {
  const at = lastAt(steps, t);
  const shown = steps[at] ?? steps[0];
  if (shown === undefined) return null;
  const beside = by > 0 ? steps[at + 1] : steps.findLast((step) => step.t < shown.t);
  return (beside ?? shown).t;
}

/** What is left of a countdown at a time, in milliseconds. */
export function remainingAt(countdown: Countdown, step: Step, t: number): number {
  return Math.max(0, Math.min(countdown.totalMs, countdown.remainingMs - (t - step.t)));
}

/** The terms that a candidate had begun by a time. */
export function termsUntil(steps: readonly Step[], t: number): TermSpan[] {
  const terms: TermSpan[] = [];
  let open: TermSpan | null = null;
  const end = (to: number, endReason: string | null): void => {
    if (open !== null) terms.push({ ...open, to, endReason });
    open = null;
  };
  for (const { t: at, view } of steps) {
    if (at > t) break;
    const token = view.leads ? (view.term?.fencingToken ?? '') : null;
    if (open !== null && open.fencingToken !== token) end(at, view.endReason);
    if (token !== null && open === null) {
      const from = at - (view.term?.beganMsAgo ?? 0);
      open = { fencingToken: token, from, to: null, endReason: null };
    }
  }
  if (open !== null) terms.push(open);
  return terms;
}

/**
 * For how long nothing was heard though something should have been: a delay that the chart was
 * waiting for has passed. Zero while all is well. A process that was killed or frozen, or that no
 * longer gets through, looks like this.
 */
export function silentFor({ steps, goneAt }: Candidate, t: number): number {
  const step = stepAt(steps, t);
  if (step === null || (goneAt !== null && goneAt <= t)) return 0;
  const due = step.view.waits.map(({ remainingMs }) => remainingMs);
  if (due.length === 0) return 0;
  const late = t - step.t - Math.min(...due);
  return late > SILENCE_MS ? late : 0;
}

const SILENCE_MS = 2000;

/** For how long the last report has been out, among the steps of `candidate` that `accept` likes. */
export function lastStepWith(
  steps: readonly Step[],
  t: number,
  accept: (step: Step) => boolean,
): Step | null {
  for (let index = lastAt(steps, t); index >= 0; index -= 1) {
    const step = steps[index];
    if (step !== undefined && accept(step)) return step;
  }
  return null;
}
