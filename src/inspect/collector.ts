import { whomToForget } from './page/forgetting.js';
import type { Feed } from './page-streams.js';
import { RememberedSteps } from './remembered-steps.js';
import type { CandidateInfo, PageMessage, Report, ReportSink, Timed } from './wire.js';

interface Candidate {
  readonly info: Timed<Extract<Report, { kind: 'candidate' }>>;
  gone: Timed | null;
}

export type ReportListener = (report: Timed) => void;

/** Remembers what candidates report, the latest of it, for viewers that come later. */
export class Collector implements ReportSink, Feed<Timed> {
  readonly #candidates = new Map<string, Candidate>();
  readonly #steps = new RememberedSteps();
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
      .flatMap(({ info, gone }): Timed[] => [
        ...this.#steps.of(info.info.id),
        ...(gone === null ? [] : [gone]),
      ])
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
        gone: null,
      });
      const id = whomToForget(this.#candidates, ({ gone }) => gone !== null);
      if (id !== null) {
        this.#candidates.delete(id);
        this.#steps.forget(id);
      }
      return true;
    }
    const candidate = this.#candidates.get(report.candidate);
    if (candidate === undefined) return false;
    if (report.kind === 'gone') {
      if (candidate.gone !== null) return false;
      candidate.gone = report;
    } else {
      this.#steps.add(report);
    }
    return true;
  }

  #latestOf(report: Report): number {
    const id = report.kind === 'candidate' ? report.info.id : report.candidate;
    return this.#steps.latestOf(id)?.t ?? -Infinity;
  }
}

function isSame(a: CandidateInfo, b: CandidateInfo): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
