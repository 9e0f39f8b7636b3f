import { whomToForget } from './page/forgetting.js';
import type { Feed } from './page-streams.js';
import type { CandidateInfo, PageMessage, Report, ReportSink, StepReport, Timed } from './wire.js';

/** Of each candidate; fewer where there are many, so that they come to no more in all. */
const STEPS_KEPT = 500;
const STEPS_KEPT_IN_ALL = 10_000;

interface Candidate {
  readonly info: Timed<Extract<Report, { kind: 'candidate' }>>;
  readonly steps: Timed<StepReport>[];
  gone: Timed | null;
}

export type ReportListener = (report: Timed) => void;

/** Remembers what candidates report, the latest of it, for viewers that come later. */
export class Collector implements ReportSink, Feed<Timed> {
  readonly #candidates = new Map<string, Candidate>();
  readonly #listeners = new Set<ReportListener>();
  readonly #now: () => number;

  /** @param now a clock in milliseconds that never steps back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get candidates(): readonly CandidateInfo[] {
    return [...this.#candidates.values()].map(({ info }) => info.info);
  }

  knows(id: string): boolean {
    return this.#candidates.has(id);
  }

  report(report: Report): void {
    this.add(report, 0);
  }

  /**
   * Reports of one candidate come in the order in which they happened, whatever their ages say:
   * those of another process count from its sending, and some of them travel longer than others.
   *
   * @param ageMs how long ago it happened
   */
  add(report: Report, ageMs: number): void {
    const t = Math.round((this.#now() - ageMs) * 10) / 10;
    const timed: Timed = { ...report, t: Math.max(t, this.#latestOf(report)) };
    if (!this.#keep(timed)) return;
    for (const listener of this.#listeners) listener(timed);
  }

  greeting(): PageMessage {
    return { now: this.#now(), reset: true, reports: this.history() };
  }

  message(reports: readonly Timed[]): PageMessage {
    return { now: this.#now(), reset: false, reports };
  }

  /** Everything that is remembered: who the candidates are, then what became of them, by time. */
  history(): Timed[] {
    const candidates = [...this.#candidates.values()];
    const happened = candidates
      .flatMap(({ steps, gone }): Timed[] => [...steps, ...(gone === null ? [] : [gone])])
      .sort((a, b) => a.t - b.t);
    return [...candidates.map(({ info }) => info), ...happened];
  }

  listen(listener: ReportListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** @returns whether it is news, and makes sense: a step needs a candidate that is known */
  #keep(report: Timed): boolean {
    if (report.kind === 'candidate') {
      const known = this.#candidates.get(report.info.id);
      const isNews = known?.gone !== null || !isSame(known.info.info, report.info);
      if (!isNews) return false;
      this.#candidates.set(report.info.id, {
        info: { ...report, t: known?.info.t ?? report.t },
        steps: known?.steps ?? [],
        gone: null,
      });
      const id = whomToForget(this.#candidates, ({ gone }) => gone !== null);
      if (id !== null) this.#candidates.delete(id);
      return true;
    }
    const candidate = this.#candidates.get(report.candidate);
    if (candidate === undefined) return false;
    if (report.kind === 'gone') {
      if (candidate.gone !== null) return false;
      candidate.gone = report;
    } else {
      candidate.steps.push(report);
      const most = Math.min(STEPS_KEPT, Math.floor(STEPS_KEPT_IN_ALL / this.#candidates.size));
      // Half of it at once: dropping one at each report would move all the others each time.
      if (candidate.steps.length > 2 * most)
        candidate.steps.splice(0, candidate.steps.length - most);
    }
    return true;
  }

  #latestOf(report: Report): number {
    const id = report.kind === 'candidate' ? report.info.id : report.candidate;
    return this.#candidates.get(id)?.steps.at(-1)?.t ?? -Infinity;
  }
}

function isSame(a: CandidateInfo, b: CandidateInfo): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
