import { fork, type ChildProcess } from 'node:child_process';
import { printable } from '../../text/printable.js';
import type { Connection } from '../connect.js';
import { machineNow } from '../machine-time.js';
import { ROLES } from '../program.js';
import type { LogEntry } from './display.js';
import { AT_FIRST, type CandidateSetup, type Facts, type Report } from './report.js';

/** A time in which one candidate's `isLeader()` was true, in milliseconds by `machineNow()`. */
export interface LeadingInterval {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

interface ExitInfo {
  /** When its end was seen, by `machineNow()`: at the latest then it had stopped doing anything. */
  readonly at: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const LONGEST_COMPLAINT = 1000;

export interface MemberOptions {
  readonly script: string;
  readonly connection: Connection['kind'];
  readonly log: (entry: LogEntry) => void;
}

/** One candidate process, and what it has told. It ends with ours at the latest, however ours ends. */
export class Member {
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  facts: Facts = AT_FIRST;
  /** Since when it has been what it is: renewing is a part of leading. */
  since = machineNow();
  isReady = false;
  /** What it complained of last; empty when it did not. */
  complaint = '';
  exit: ExitInfo | null = null;
  readonly #child: ChildProcess;
  readonly #write: (entry: LogEntry) => void;
  readonly #intervals: LeadingInterval[] = [];
  #leadsSince: number | null = null;
  #wasSent = false;

  constructor(
    readonly name: string,
    readonly identity: string,
    { script, connection, log }: MemberOptions,
  ) {
    this.#write = log;
    this.#child = fork(script, [ROLES.demoCandidate, connection], {
      // A group of its own: Ctrl-C reaches the demo alone, which then ends its candidates in order.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.on('message', (report) => this.#take(report as Report));
    // What the process wrote by itself, such as the cause of a crash.
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') this.#complain(line);
    });
    this.gone = this.#end();
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** By its own word. */
  get leads(): boolean {
    return this.#leadsSince !== null;
  }

  /** Its state, or how it ended. */
  get phase(): string {
    if (this.exit === null) return this.facts.state;
    return this.exit.signal === 'SIGKILL' ? 'killed' : 'ended';
  }

  get endedUnexpectedly(): boolean {
    return this.exit !== null && !this.#wasSent;
  }

  /** When its `isLeader()` was true. What has not ended yet ends now. */
  leadingIntervals(): LeadingInterval[] {
    if (this.#leadsSince === null) return this.#intervals;
    return [...this.#intervals, { name: this.name, from: this.#leadsSince, to: machineNow() }];
  }

  /** Lets it compete. */
  begin(setup: CandidateSetup): void {
    // A process that has died meanwhile is told of by its exit.
    this.#child.send(setup, () => undefined);
  }

  /** Sends the signal and returns just when. */
  end(signal: 'SIGTERM' | 'SIGKILL'): number {
    this.#wasSent = true;
    const at = machineNow();
    // Node sends nothing to a process whose end it has seen, whose id may be another's by now.
    this.#child.kill(signal);
    return at;
  }

  #take({ at, facts, text, rank }: Report): void {
    this.isReady = true;
    if (roleOf(facts) !== roleOf(this.facts)) this.since = at;
    this.facts = facts;
    if (facts.leads) this.#leadsSince ??= at;
    else this.#stopLeading(at);
    if (rank === 'complaint') this.#complain(text, at);
    else if (text !== '') this.#log(` ${text}`, at, rank === 'detail');
  }

  async #end(): Promise<void> {
    this.exit = await new Promise<ExitInfo>((resolve) => {
      const over = (code: number | null, signal: NodeJS.Signals | null): void =>
        resolve({ at: machineNow(), code, signal });
      // Not `exit`, after which its last reports may still be read.
      this.#child.once('close', over);
      this.#child.on('error', (error) => {
        this.#complain(error.message);
        // There is an error, and no end, when the process could not be started at all.
        if (this.#child.pid === undefined) over(null, null);
      });
    });
    const { at, signal } = this.exit;
    this.#stopLeading(at);
    this.since = at;
    this.#log(signal === 'SIGKILL' ? ' is dead' : ' has ended', at);
  }

  #stopLeading(to: number): void {
    if (this.#leadsSince === null) return;
    this.#intervals.push({ name: this.name, from: this.#leadsSince, to });
    this.#leadsSince = null;
  }

  #complain(text: string, at = machineNow()): void {
    this.complaint = printable(text.replace(/\s+/g, ' ').trim(), { most: LONGEST_COMPLAINT });
    this.#log(`: ${this.complaint}`, at);
  }

  #log(text: string, at: number, isDetail = false): void {
    this.#write({ at, text: `${this.name}${text}`, isDetail });
  }
}

function roleOf({ state }: Facts): string {
  return state === 'renewing' ? 'leading' : state;
}
