import type { ElectionState } from '../../../machines/types.js';
import { CandidateProcess, type CandidateProgram, type ExitInfo } from './candidate-process.js';
import { machineNow, type Report } from './messages.js';
import type { LeadingInterval } from './overlap.js';

export type Phase = 'starting' | ElectionState | 'killed' | 'ended';

/** One line of what happened. A detail is left out where the table shows it anyway. */
export interface LogEntry {
  readonly at: number;
  readonly text: string;
  readonly detail?: boolean;
}

export interface MemberOptions {
  readonly name: string;
  readonly identity: string;
  readonly program: CandidateProgram;
  /** The name that people know an identity by. */
  readonly nameOf: (identity: string) => string;
  readonly onLog: (entry: LogEntry) => void;
  readonly onChange: () => void;
}

/** One candidate process, and what is known of it from its own reports. */
export class Member {
  readonly name: string;
  readonly identity: string;
  readonly process: CandidateProcess;
  readonly #options: MemberOptions;
  readonly #intervals: LeadingInterval[] = [];
  #phase: Phase = 'starting';
  #since = machineNow();
  #ready = false;
  #fencingToken: bigint | null = null;
  #startedLeadingAt: number | null = null;
  #releasedAt: number | null = null;
  #leadsSince: number | null = null;
  #renewals = 0;
  #leader: string | null = null;
  #lastWords = '';
  #exit: ExitInfo | null = null;
  /** Which end is expected of it, if any. */
  #sent: 'SIGTERM' | 'SIGKILL' | null = null;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.name = options.name;
    this.identity = options.identity;
    this.process = new CandidateProcess(options.program, {
      report: (report) => {
        this.#take(report);
        options.onChange();
      },
      stderr: (line) => {
        this.#lastWords = line;
        this.#log(machineNow(), `${this.name}: ${line}`);
      },
      exit: (info) => {
        this.#takeExit(info);
        options.onChange();
      },
    });
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Since when it has been what it is: renewing is a part of leading. */
  get since(): number {
    return this.#since;
  }

  get isReady(): boolean {
    return this.#ready;
  }

  get isLeading(): boolean {
    return this.#leadsSince !== null;
  }

  /** Of its latest term. */
  get fencingToken(): bigint | null {
    return this.#fencingToken;
  }

  /** When the work of its latest term started. */
  get startedLeadingAt(): number | null {
    return this.#startedLeadingAt;
  }

  get releasedAt(): number | null {
    return this.#releasedAt;
  }

  get renewals(): number {
    return this.#renewals;
  }

  /** The identity that it last saw to hold the lock. */
  get leader(): string | null {
    return this.#leader;
  }

  get exit(): ExitInfo | null {
    return this.#exit;
  }

  /** What it complained of last; empty when it did not. */
  get lastWords(): string {
    return this.#lastWords;
  }

  get endedUnexpectedly(): boolean {
    return this.#exit !== null && this.#sent === null;
  }

  /** When its `isLeader()` was true. What has not ended yet ends now. */
  leadingIntervals(now: number): LeadingInterval[] {
    if (this.#leadsSince === null) return this.#intervals;
    return [...this.#intervals, { name: this.name, from: this.#leadsSince, to: now }];
  }

  /** Sends the signal and returns just when. */
  end(signal: 'SIGTERM' | 'SIGKILL'): number {
    this.#sent ??= signal;
    const at = machineNow();
    this.process.signal(signal);
    return at;
  }

  #take(report: Report): void {
    const { at } = report;
    switch (report.type) {
      case 'ready':
        this.#ready = true;
        this.#log(at, `${this.name} has started (pid ${this.process.pid})`);
        break;
      case 'stateChanged':
        this.#enter(report.state, at);
        break;
      case 'isLeader':
        if (report.value) this.#leadsSince ??= at;
        else this.#closeInterval(at);
        break;
      case 'startedLeading':
        this.#fencingToken = BigInt(report.fencingToken);
        this.#startedLeadingAt = at;
        this.#log(at, `${this.name} LEADS now, with fencing token ${report.fencingToken}`);
        break;
      case 'renewed':
        this.#renewals += 1;
        this.#log(at, `${this.name} has renewed its lease (${this.#renewals})`, true);
        break;
      case 'stoppedLeading':
        this.#log(at, `${this.name} has stopped its work: ${whyStopped(report.reason)}`);
        break;
      case 'released':
        this.#releasedAt = at;
        this.#log(at, `${this.name} has released the lock: it is free at once`);
        break;
      case 'newLeader':
        this.#leader = report.identity;
        if (report.identity === this.identity) break;
        this.#log(at, `${this.name} sees that ${this.#options.nameOf(report.identity)} leads`);
        break;
      case 'trouble':
        this.#lastWords = report.text;
        this.#log(at, `${this.name}: ${report.text}`);
        break;
      case 'over':
        break;
    }
  }

  #takeExit(info: ExitInfo): void {
    this.#exit = info;
    this.#closeInterval(info.at);
    const killed = info.signal === 'SIGKILL';
    this.#enter(killed ? 'killed' : 'ended', info.at);
    this.#log(info.at, killed ? `${this.name} is dead` : `${this.name} has ended`);
  }

  #enter(phase: Phase, at: number): void {
    if (role(phase) !== role(this.#phase)) this.#since = at;
    this.#phase = phase;
  }

  #closeInterval(to: number): void {
    if (this.#leadsSince === null) return;
    this.#intervals.push({ name: this.name, from: this.#leadsSince, to });
    this.#leadsSince = null;
  }

  #log(at: number, text: string, detail = false): void {
    this.#options.onLog({ at, text, detail });
  }
}

function role(phase: Phase): Phase {
  return phase === 'renewing' ? 'leading' : phase;
}

function whyStopped(reason: string): string {
  if (reason === 'stopped') return 'it was asked to';
  if (reason === 'deadline') return 'it could not renew before its renew deadline';
  if (reason === 'superseded') return 'another holds the lock';
  return reason;
}
