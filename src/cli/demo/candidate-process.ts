import { fork, type ChildProcess } from 'node:child_process';
import { machineNow, type CandidateSetup, type Report } from './messages.js';
import { oneLine } from './text.js';

/** What each candidate process runs. It has to call `runCandidate()`. */
export interface CandidateProgram {
  readonly script: string;
  readonly args: readonly string[];
}

export interface ExitInfo {
  /** When its end was seen, by `machineNow()`: at the latest then it had stopped doing anything. */
  readonly at: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface CandidateProcessEvents {
  report(report: Report): void;
  /** A line that the process wrote by itself, such as the cause of a crash. */
  stderr(line: string): void;
  exit(info: ExitInfo): void;
}

/** One started candidate. Its process ends with ours at the latest, however ours ends. */
export class CandidateProcess {
  readonly #child: ChildProcess;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;
  #gone = false;

  constructor({ script, args }: CandidateProgram, events: CandidateProcessEvents) {
    this.#child = fork(script, args, {
      // A group of its own: Ctrl-C reaches the demo alone, which then ends its candidates in order.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.on('message', (message) => {
      events.report(message as Report);
    });
    this.#child.stderr?.setEncoding('utf8');
    this.#child.stderr?.on('data', (text: string) => {
      for (const line of text.split('\n').map(oneLine)) if (line !== '') events.stderr(line);
    });
    this.exited = new Promise((resolve) => {
      let seen: ExitInfo | null = null;
      const gone = (): void => {
        if (this.#gone) return;
        this.#gone = true;
        events.exit(seen ?? { at: machineNow(), code: null, signal: null });
        resolve();
      };
      this.#child.once('exit', (code, signal) => {
        seen = { at: machineNow(), code, signal };
      });
      // Its last reports may be read after its end; by now they have been.
      this.#child.once('close', gone);
      this.#child.on('error', (error) => {
        events.stderr(oneLine(error.message));
        // There is an error, and no end, when the process could not be started at all.
        if (this.#child.pid === undefined) gone();
      });
    });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get isGone(): boolean {
    return this.#gone;
  }

  /** Lets it compete. */
  begin(setup: CandidateSetup): void {
    // A process that has died meanwhile is told of by its exit.
    this.#child.send(setup, () => undefined);
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    // Node sends nothing to a process whose end it has seen, whose id may be another's by now.
    this.#child.kill(signal);
  }
}
