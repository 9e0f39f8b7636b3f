import { randomUUID } from 'node:crypto';
import { CliError } from '../cli-error.js';
import { until } from '../pause.js';
import type { LogEntry } from './display.js';
import { Member, type LeadingInterval } from './member.js';
import type { CandidateSetup } from './report.js';

/** How long a candidate gets to end in good order before it is killed. */
const GRACE_MS = 3000;

export interface FleetOptions {
  readonly script: string;
  readonly setup: Omit<CandidateSetup, 'identity'>;
  readonly log: (entry: LogEntry) => void;
}

/** All candidate processes of the demo, the ones that have ended included. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #current = new Map<string, Member>();
  readonly #all: Member[] = [];

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** The present process of each candidate, in the order of their names. */
  get members(): readonly Member[] {
    return [...this.#current.values()];
  }

  /** Starts a process for this candidate. It competes from when `begin()` is called. */
  start(name: string): Member {
    const { script, log, setup } = this.#options;
    // Two processes must never have the same identity, not even one after the other.
    const identity = `${name}_${randomUUID().slice(0, 8)}`;
    const member = new Member(name, identity, { script, connection: setup.connection.kind, log });
    this.#current.set(name, member);
    this.#all.push(member);
    return member;
  }

  begin(member: Member): void {
    member.begin({ ...this.#options.setup, identity: member.identity });
  }

  /**
   * Resolves with true once the condition holds, with false when it does not within that time.
   *
   * @throws {CliError} when a candidate ends that was not told to
   */
  async waitFor(condition: () => boolean, withinMs: number, signal: AbortSignal): Promise<boolean> {
    const isSo = await until(
      () => {
        const lost = this.#all.find((member) => member.endedUnexpectedly);
        if (lost !== undefined) throw new CliError(unexpectedEnd(lost));
        return condition();
      },
      withinMs,
      signal,
    );
    signal.throwIfAborted();
    return isSo;
  }

  /** When which candidate's `isLeader()` was true, up to now. */
  leadingIntervals(): LeadingInterval[] {
    return this.#all.flatMap((member) => member.leadingIntervals());
  }

  /** What a candidate complained of last; empty when none did. */
  get lastWords(): string {
    return this.#all.map(({ complaint }) => complaint).findLast((words) => words !== '') ?? '';
  }

  /**
   * Ends every process, the followers first so that none of them takes over once more, and resolves
   * when all are gone. Whoever does not end in good order is killed, at once when `hurry` aborts.
   */
  async endAll(hurry: AbortSignal): Promise<void> {
    const followers = this.#all.filter((member) => !member.leads);
    await endInOrder(followers, hurry);
    await endInOrder(this.#all, hurry);
  }
}

async function endInOrder(members: readonly Member[], hurry: AbortSignal): Promise<void> {
  const present = members.filter((member) => member.exit === null);
  for (const member of present) member.end('SIGTERM');
  await until(() => present.every((member) => member.exit !== null), GRACE_MS, hurry);
  for (const member of present) if (member.exit === null) member.end('SIGKILL');
  await Promise.all(present.map((member) => member.gone));
}

function unexpectedEnd({ name, exit, complaint }: Member): string {
  const how = exit?.signal ?? `exit code ${exit?.code ?? 'unknown'}`;
  return `${name} ended though nobody had told it to (${how})${complaint === '' ? '.' : `: ${complaint}`}`;
}
