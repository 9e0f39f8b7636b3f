import { randomUUID } from 'node:crypto';
import type { CandidateProgram } from './candidate-process.js';
import { CliError } from '../connect.js';
import { Member, type LogEntry } from './member.js';
import { machineNow, type CandidateSetup } from './messages.js';
import type { LeadingInterval } from './overlap.js';

/** How long a candidate gets to end in good order before it is killed. */
const GRACE_MS = 3000;

export interface FleetOptions {
  readonly program: CandidateProgram;
  readonly setup: Omit<CandidateSetup, 'identity'>;
  readonly onLog: (entry: LogEntry) => void;
  readonly onChange: () => void;
}

/** All candidate processes of the demo, the ones that have ended included. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #current = new Map<string, Member>();
  readonly #all: Member[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** The present process of each candidate, in the order of their names. */
  get members(): readonly Member[] {
    return [...this.#current.values()];
  }

  /** Who leads, by its own word; null when nobody does. */
  get leader(): Member | null {
    return this.members.find((member) => member.isLeading) ?? null;
  }

  /** Starts a process for this candidate. It competes from when `begin()` is called. */
  start(name: string): Member {
    const member = new Member({
      name,
      // Two processes must never have the same identity, not even one after the other.
      identity: `${name}_${randomUUID().slice(0, 8)}`,
      program: this.#options.program,
      nameOf: (identity) => this.#nameOf(identity),
      onLog: this.#options.onLog,
      onChange: () => {
        this.#changed();
      },
    });
    this.#current.set(name, member);
    this.#all.push(member);
    this.#changed();
    return member;
  }

  begin(member: Member): void {
    member.process.begin({ ...this.#options.setup, identity: member.identity });
  }

  /**
   * Resolves with true once the condition holds, with false when it does not within that time.
   *
   * @throws {CliError} when a candidate ends that was not told to
   */
  async waitFor(condition: () => boolean, withinMs: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        signal.removeEventListener('abort', aborted);
        settle();
      };
      const look = (): void => {
        const lost = this.#all.find((member) => member.endedUnexpectedly);
        if (lost !== undefined) done(() => reject(new CliError(unexpectedEnd(lost))));
        else if (condition()) done(() => resolve(true));
      };
      const aborted = (): void => {
        done(() => reject(signal.reason as Error));
      };
      const timer = setTimeout(() => {
        done(() => resolve(false));
      }, withinMs);
      signal.addEventListener('abort', aborted);
      this.#waiting.add(look);
      look();
    });
  }

  /** When which candidate's `isLeader()` was true, up to now. */
  leadingIntervals(): LeadingInterval[] {
    const now = machineNow();
    return this.#all.flatMap((member) => member.leadingIntervals(now));
  }

  /** What a candidate complained of last; empty when none did. */
  get lastWords(): string {
    return this.#all.map(({ lastWords }) => lastWords).findLast((words) => words !== '') ?? '';
  }

  /**
   * Ends every process, the followers first so that none of them takes over once more, and resolves
   * when all are gone. Whoever does not end in good order is killed, at once when `hurry` aborts.
   */
  async endAll(hurry: AbortSignal): Promise<void> {
    const followers = this.#all.filter((member) => !member.isLeading);
    await endInOrder(followers, hurry);
    await endInOrder(this.#all, hurry);
  }

  #nameOf(identity: string): string {
    return this.#all.find((member) => member.identity === identity)?.name ?? identity;
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look();
    this.#options.onChange();
  }
}

async function endInOrder(members: readonly Member[], hurry: AbortSignal): Promise<void> {
  const present = members.filter((member) => !member.process.isGone);
  const kill = (): void => {
    for (const member of present) member.end('SIGKILL');
  };
  for (const member of present) member.end('SIGTERM');
  const grace = setTimeout(kill, GRACE_MS);
  hurry.addEventListener('abort', kill);
  if (hurry.aborted) kill();
  await Promise.all(present.map((member) => member.process.exited));
  clearTimeout(grace);
  hurry.removeEventListener('abort', kill);
}

function unexpectedEnd({ name, exit, lastWords }: Member): string {
  const how = exit?.signal ?? `exit code ${exit?.code ?? 'unknown'}`;
  return `${name} ended though nobody had told it to (${how})${lastWords === '' ? '.' : `: ${lastWords}`}`;
}
