import { LockError } from '../errors/lock-error.js';
import { isNewer } from '../kubernetes/resource-version.js';
import { MultiWatch } from './multi-watch.js';
import { partsOf, together } from './multi-snapshot.js';
import {
  type OwnWrite,
  type Part,
  possibleWrites,
  wholeWrite,
  withoutHalves,
  writeIn,
} from './own-parts.js';
import { askPart, checkLocks, isOneStored, writePart, youngestAge } from './part-calls.js';
import { type LeaderElectionRecord, requireRecord } from './record.js';
import type {
  LockCallOptions,
  LockEvent,
  LockNews,
  LockResult,
  LockSnapshot,
  LockUpdateOptions,
  LockWatch,
  LockWatcher,
  ResourceLock,
} from './resource-lock.js';

const OLD = 0;
const NEW = 1;

/**
 * Two locks as one, for moving from the first to the second with no moment without a leader and none
 * with two: from a ConfigMap to a Lease, or to another name or namespace. A candidate leads only while
 * it holds both, so it excludes those that know the old lock alone, and those that know the new one
 * alone. Never let candidates of these two sorts run at the same time.
 *
 * Identity, name and Events are those of the new lock. Both objects belong to one API server: only
 * then do fencing tokens grow from the one to the other.
 */
export class MultiLock implements ResourceLock {
  readonly identity: string;
  /** Absent where one of the two cannot be watched. */
  declare readonly watch?: (watcher: LockWatcher) => LockWatch;
  /** Absent where one of the two cannot tell. */
  declare readonly writtenAgo?: (
    base: LockSnapshot,
    options?: LockCallOptions,
  ) => Promise<number | undefined>;
  /** Absent unless the new lock has the option `events`. */
  declare readonly recordEvent?: (event: LockEvent, options?: LockCallOptions) => Promise<void>;
  readonly #locks: readonly [ResourceLock, ResourceLock];
  /** What stands in the parts, or may yet come to. Of a half nobody else can know that it is one. */
  #own: OwnWrite[] = [];
  /** Each part as it was heard of last, by whatever call or watch; null: never. */
  readonly #heard: (Part | null)[] = [null, null];
  #last: LockSnapshot | null = null;
  /**
   * Which part is written first. The other decides, since who has only the first has nothing: of a
   * new lock that cannot be written, for want of rights, the old candidates shall notice nothing. A part
   * that has failed comes first in the next try, so that the other is not kept from all for its sake.
   */
  #first: number = NEW;

  /** @throws ConfigError naming what is wrong, before any I/O */
  constructor(locks: readonly [old: ResourceLock, new: ResourceLock]) {
    checkLocks(locks);
    this.#locks = [locks[OLD], locks[NEW]];
    const young = this.#locks[NEW];
    this.identity = young.identity;
    if (this.#locks.every((lock) => typeof lock.watch === 'function')) this.watch = this.#watch;
    if (this.#locks.every((lock) => typeof lock.writtenAgo === 'function')) {
      this.writtenAgo = this.#writtenAgo;
    }
    if (young.recordEvent !== undefined) {
      this.recordEvent = async (event, options) => young.recordEvent?.(event, options);
    }
  }

  get name(): string | undefined {
    return this.#locks[NEW].name;
  }

  get description(): string {
    return this.#locks.map(({ description }) => description).join(' and ');
  }

  get waitsFor(): string | null {
    return (
      this.#locks.map(({ waitsFor }) => waitsFor ?? null).find((what) => what !== null) ?? null
    );
  }

  /** Reads both. An object that does not exist is a part that is free. */
  async get(options: LockCallOptions = {}): Promise<LockResult> {
    const before = [...this.#heard];
    const answers = await Promise.all(
      this.#locks.map((lock) =>
        askPart({ method: 'get', of: lock.description }, () => lock.get(options)),
      ),
    );
    const parts: Part[] = [];
    for (const [i, answer] of answers.entries()) {
      if (!answer.ok && answer.error.kind !== 'notFound') return answer;
      const part = answer.ok
        ? { snapshot: answer, version: answer.version }
        : { snapshot: null, version: before[i]?.version ?? '0' };
      parts.push(part);
      // Absence has no version: it counts unless something was heard of since it was asked for.
      if (answer.ok || this.#heard[i] === before[i]) this.#hear(i, part);
    }
    if (isOneStored(parts)) {
      return { ok: false, error: this.#error('both locks are on one object', 'invalid') };
    }
    const whole = wholeWrite(parts, this.#own);
    if (whole !== null) this.#settle(whole);
    this.#own = possibleWrites(parts, this.#own);
    return this.#answer(parts);
  }

  /**
   * Creates both with this record. `conflict` when one of them exists already.
   *
   * @throws ConfigError when it is called without a record
   */
  async create(record: LeaderElectionRecord, options: LockCallOptions = {}): Promise<LockResult> {
    requireRecord('MultiLock', 'create', record);
    const none = this.#heard.map((part) => ({ snapshot: null, version: part?.version ?? '0' }));
    return this.#write(
      record,
      none,
      none.map(() => true),
      options,
    );
  }

  /**
   * Writes both, each on condition that it is as in `base`, and creates what is not there. It has
   * succeeded when both have answered. An empty holder is written to those parts only that are ours.
   *
   * @throws ConfigError when it is called without a record
   */
  async update(record: LeaderElectionRecord, options: LockUpdateOptions = {}): Promise<LockResult> {
    requireRecord('MultiLock', 'update', record);
    const base = options.base ?? this.#last;
    const parts = base === null ? null : partsOf(base);
    if (parts === null) {
      const why = 'nothing to base the update on: call get() first, or pass base';
      return { ok: false, error: this.#error(why, 'invalid') };
    }
    const to = parts.map((part, i) => !record.isReleased || this.#isOurs(parts, part, i));
    if (to.includes(true)) return this.#write(record, parts, to, options);
    return { ok: false, error: this.#error('neither of the two is held by us', 'conflict') };
  }

  toJSON(): { kind: string; identity: string; locks: string[] } {
    const locks = this.#locks.map(({ description }) => description);
    return { kind: 'MultiLock', identity: this.identity, locks };
  }

  async #write(
    record: LeaderElectionRecord,
    over: readonly Part[],
    to: readonly boolean[],
    { signal }: LockCallOptions,
  ): Promise<LockResult> {
    const write: OwnWrite = {
      record,
      to,
      over: over.map(({ snapshot, version }) => (snapshot === null ? null : version)),
      before: withoutHalves(over, this.#own),
      stored: over.map(() => undefined),
      done: false,
    };
    this.#own.push(write);
    const parts = [...over];
    let failure: LockError | null = null;
    for (const i of [this.#first, this.#first === NEW ? OLD : NEW]) {
      const part = over[i];
      if (part === undefined || to[i] !== true) continue;
      const answer = await writePart(this.#locks[i], record, part.snapshot, signal);
      if (answer.ok) {
        write.stored[i] = answer.fingerprint;
        parts[i] = { snapshot: answer, version: answer.version };
        this.#hear(i, { snapshot: answer, version: answer.version });
        continue;
      }
      failure ??= answer.error;
      this.#first = answer.error.kind === 'conflict' ? NEW : i;
      // What is given back in one part is so much the better; what is taken in one is worth nothing.
      if (!record.isReleased) break;
    }
    if (failure !== null) return { ok: false, error: failure };
    this.#first = NEW;
    this.#settle(write);
    return this.#answer(parts);
  }

  #writtenAgo(base: LockSnapshot, options?: LockCallOptions): Promise<number | undefined> {
    return youngestAge(this.#locks, base, options);
  }

  #watch(watcher: LockWatcher): LockWatch {
    // What was heard before was told to another.
    this.#heard.fill(null);
    return new MultiWatch(this.#locks, watcher, (i, { snapshot, version }) => {
      if (!this.#hear(i, { snapshot, version })) return null;
      const [old, young] = this.#heard;
      if (old == null || young == null) return null;
      const whole = together([old, young], this.#own, this.identity);
      return { snapshot: whole, version: whole.version } satisfies LockNews;
    });
  }

  /** False: something newer was heard of it already. */
  #hear(i: number, part: Part): boolean {
    const known = this.#heard[i]?.version;
    const isOld = known !== undefined && isNewer(known, part.version);
    if (!isOld) this.#heard[i] = part;
    return !isOld;
  }

  /** It stands in all of its parts: what was sent before it can be stored in none of them. */
  #settle(write: OwnWrite): void {
    write.done = true;
    this.#own = this.#own.slice(this.#own.indexOf(write));
  }

  #answer(parts: readonly Part[]): LockResult {
    this.#last = together(parts, this.#own, this.identity);
    return { ok: true, ...this.#last };
  }

  #isOurs(parts: readonly Part[], { snapshot }: Part, i: number): boolean {
    const isNamed = snapshot?.record?.holderIdentity === this.identity;
    return isNamed || writeIn(parts, i, this.#own) !== null;
  }

  #error(what: string, kind: 'invalid' | 'conflict'): LockError {
    return new LockError(`${this.description}: ${what}.`, { kind });
  }
}
