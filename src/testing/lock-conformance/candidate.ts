import { LockError, type LockErrorKind } from '../../errors/lock-error.js';
import { checkedAnswer } from '../../lock/checked-answer.js';
import type { LeaderElectionRecord } from '../../lock/record.js';
import type {
  LockCallOptions,
  LockResult,
  LockSnapshot,
  LockUpdateOptions,
  ResourceLock,
} from '../../lock/resource-lock.js';
import { fail, within } from './expectations.js';

/** A lock as a case speaks to it: every call is bounded, and its answer checked as in an election. */
export class Candidate {
  readonly lock: ResourceLock;
  readonly #timeoutMs: number;

  constructor(lock: ResourceLock, timeoutMs: number) {
    this.lock = lock;
    this.#timeoutMs = timeoutMs;
  }

  tryGet(options?: LockCallOptions): Promise<LockResult> {
    return this.#ask('get', () => this.lock.get(options));
  }

  tryCreate(record: LeaderElectionRecord, options?: LockCallOptions): Promise<LockResult> {
    return this.#ask('create', () => this.lock.create(record, options));
  }

  tryUpdate(record: LeaderElectionRecord, options?: LockUpdateOptions): Promise<LockResult> {
    return this.#ask('update', () => this.lock.update(record, options));
  }

  async get(): Promise<LockSnapshot> {
    return succeeded('get', await this.tryGet());
  }

  async create(record: LeaderElectionRecord): Promise<LockSnapshot> {
    return succeeded('create', await this.tryCreate(record));
  }

  async update(record: LeaderElectionRecord, base: LockSnapshot): Promise<LockSnapshot> {
    return succeeded('update', await this.tryUpdate(record, { base }));
  }

  async #ask(
    method: 'get' | 'create' | 'update',
    call: () => Promise<LockResult>,
  ): Promise<LockResult> {
    let answer: LockResult;
    try {
      answer = await within(this.#timeoutMs, `${method}() is not answered`, call());
    } catch (error) {
      if (error instanceof Error && error.name === 'AssertionError') throw error;
      const why = LockError.from(error).message;
      return fail(`${method}() must resolve with ok: false when it fails, but rejects: ${why}`);
    }
    return checkedAnswer({ method, of: this.lock.description }, answer);
  }
}

function succeeded(method: string, answer: LockResult): LockSnapshot {
  if (answer.ok) return answer;
  return fail(`${method}() must succeed here, but fails: ${answer.error.message}`);
}

/** Fails unless the call was refused with an error of one of these kinds. */
export function expectRefused(
  what: string,
  answer: LockResult,
  ...kinds: readonly LockErrorKind[]
): void {
  const wanted = kinds.map((kind) => `\`${kind}\``).join(' or ');
  if (answer.ok) fail(`${what} must fail with a LockError of kind ${wanted}, but succeeds`);
  const { kind, message } = answer.error;
  if (kinds.includes(kind)) return;
  fail(`${what} must fail with kind ${wanted}, but fails with \`${kind}\`: ${message}`);
}

/** Of calls that were made at once exactly one has succeeded, and the others met a conflict. */
export function expectOneWinner(what: string, answers: readonly LockResult[]): LockSnapshot {
  const [winner, ...more] = answers.filter((answer) => answer.ok);
  if (winner === undefined || more.length > 0) {
    const count = answers.filter((answer) => answer.ok).length;
    return fail(`of ${answers.length} that ${what} at once, one must succeed; ${count} did`);
  }
  for (const answer of answers) {
    if (!answer.ok) expectRefused(`who is not the first to ${what}`, answer, 'conflict');
  }
  return winner;
}
