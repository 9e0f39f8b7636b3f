import { LockError, type LockErrorKind } from '../../src/errors/lock-error.js';
import { LeaderElectionRecord } from '../../src/lock/record.js';
import type {
  LockNews,
  LockResult,
  LockSnapshot,
  LockWatch,
  LockWatcher,
  ResourceLock,
} from '../../src/lock/resource-lock.js';
import { settle } from '../../src/testing/virtual-clock.js';

export interface PendingCall {
  readonly verb: 'get' | 'create' | 'update';
  readonly record: LeaderElectionRecord | null;
  readonly base: LockSnapshot | null;
  readonly signal: AbortSignal | undefined;
  /** Answers the call and lets the chart act on it. */
  answer(result: LockResult): Promise<void>;
  /** Makes the call throw, as a lock that breaks its contract would. */
  reject(error: unknown): Promise<void>;
}

/** Somebody asks how old the lock is. */
export interface PendingAge {
  readonly base: LockSnapshot;
  readonly signal: AbortSignal | undefined;
  /** So many milliseconds; undefined: it cannot be told. */
  answer(ageMs: number | undefined): Promise<void>;
  reject(error: unknown): Promise<void>;
}

/** A watch whose every word is the test's. */
export class ControllableWatch implements LockWatch {
  doubts = 0;
  closed = false;
  readonly #watcher: LockWatcher;

  constructor(watcher: LockWatcher) {
    this.#watcher = watcher;
  }

  doubt(): void {
    this.doubts += 1;
  }

  close(): void {
    this.closed = true;
  }

  /** The object has changed into this. */
  changed(snapshot: LockSnapshot): Promise<void> {
    return this.tell({ snapshot, version: snapshot.version });
  }

  tell(news: LockNews): Promise<void> {
    this.#watcher.changed(news);
    return settle();
  }

  /** That process is dead. */
  holderDied(holder: string): Promise<void> {
    this.#watcher.holderDied?.({ holder, evidence: 'the test says so' });
    return settle();
  }

  evidenceFailed(): Promise<void> {
    this.#watcher.evidenceFailed?.(new LockError('test: no evidence', { kind: 'forbidden' }));
    return settle();
  }

  opened(gap = false): Promise<void> {
    this.#watcher.opened(gap);
    return settle();
  }

  failed(kind: LockErrorKind = 'forbidden', message = `test: not watched: ${kind}`): Promise<void> {
    this.#watcher.failed(new LockError(message, { kind }));
    return settle();
  }
}

/**
 * A lock whose every answer is given by the test. A call that the test does not expect is found by
 * `expectCall` and by `expectIdle`.
 */
export class ControllableLock implements ResourceLock {
  readonly identity: string;
  readonly description = 'Lease test/controllable';
  readonly pending: PendingCall[] = [];
  readonly pendingAges: PendingAge[] = [];
  readonly watches: ControllableWatch[] = [];
  declare readonly watch?: (watcher: LockWatcher) => LockWatch;
  /** Absent unless the test puts something there before an election is made of this lock. */
  declare recordEvent?: Required<ResourceLock>['recordEvent'];
  #version = 100;
  #last: LockSnapshot | null = null;

  /** @param watched whether it can be watched; polled otherwise, as what has no `watch` is. */
  constructor(identity = 'me', watched = false) {
    this.identity = identity;
    if (!watched) return;
    this.watch = (watcher) => {
      const watch = new ControllableWatch(watcher);
      this.watches.push(watch);
      return watch;
    };
  }

  /** The one watch that is open; fails on none and on several. */
  get watching(): ControllableWatch {
    const open = this.watches.filter(({ closed }) => !closed);
    if (open.length !== 1 || open[0] === undefined) {
      throw new Error(`Expected one watch to be open; open: ${open.length}`);
    }
    return open[0];
  }

  /** News that the object is gone. */
  deletion(): LockNews {
    return { snapshot: null, version: this.#nextVersion() };
  }

  get = (options: { signal?: AbortSignal | undefined } = {}): Promise<LockResult> =>
    this.#call('get', null, null, options.signal);
  create = (
    record: LeaderElectionRecord,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<LockResult> => this.#call('create', record, null, options.signal);
  update = (
    record: LeaderElectionRecord,
    options: { base?: LockSnapshot | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<LockResult> => this.#call('update', record, options.base ?? null, options.signal);

  /** Asked only about snapshots that say when they were written. */
  writtenAgo = (
    base: LockSnapshot,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const settled = async (act: () => void): Promise<void> => {
        this.pendingAges.splice(this.pendingAges.indexOf(asked), 1);
        act();
        await settle();
      };
      const asked: PendingAge = {
        base,
        signal,
        answer: (ageMs) =>
          settled(() => {
            resolve(ageMs);
          }),
        reject: (error) =>
          settled(() => {
            reject(error instanceof Error ? error : new Error(String(error)));
          }),
      };
      this.pendingAges.push(asked);
      signal?.addEventListener('abort', () => {
        if (this.pendingAges.includes(asked)) void asked.reject(new Error('test: aborted'));
      });
    });

  /** The one question for the age that is waiting, when no other call is. */
  async expectAge(): Promise<PendingAge> {
    await settle();
    const [asked, ...more] = this.pendingAges;
    if (asked === undefined || more.length > 0 || this.pending.length > 0) {
      const others = this.pending.map(({ verb }) => verb).join(', ');
      const found = `${this.pendingAges.length} of them; others: ${others || 'none'}`;
      throw new Error(`Expected one question for the age to be waiting; waiting: ${found}`);
    }
    return asked;
  }

  /** The one call that is waiting for an answer; fails on none, several, or another verb. */
  async expectCall(verb: PendingCall['verb']): Promise<PendingCall> {
    await settle();
    const waiting = this.pending.map((call) => call.verb).join(', ');
    if (this.pending.length !== 1 || this.pending[0]?.verb !== verb) {
      throw new Error(`Expected one call of ${verb} to be waiting; waiting: ${waiting || 'none'}`);
    }
    return this.pending[0];
  }

  async expectIdle(): Promise<void> {
    await settle();
    const waiting = [...this.pending.map(({ verb }) => verb), ...this.pendingAges.map(() => 'age')];
    if (waiting.length > 0) throw new Error(`Expected no call; waiting: ${waiting.join(', ')}`);
  }

  /** A snapshot as the API server would give it, with a version of its own. */
  snapshot(
    record: LeaderElectionRecord | null,
    unreadable: string | null = null,
    object: unknown = null,
  ): LockSnapshot {
    const fingerprint = unreadable ?? JSON.stringify(record);
    this.#last = { record, unreadable, fingerprint, version: this.#nextVersion(), object };
    return this.#last;
  }

  /** The object as it was in the last answer: nobody has written since. */
  unchanged(): LockResult {
    if (this.#last === null) throw new Error('There was no answer yet');
    return { ok: true, ...this.#last };
  }

  ok(record: LeaderElectionRecord | null, unreadable: string | null = null): LockResult {
    return { ok: true, ...this.snapshot(record, unreadable) };
  }

  /** What a free lock, held by nobody, reads as. */
  free(): LockResult {
    return this.ok(record({ holderIdentity: '' }));
  }

  heldBy(holderIdentity: string, fields: Partial<LeaderElectionRecord> = {}): LockResult {
    return this.ok(record({ ...fields, holderIdentity }));
  }

  failure(kind: LockErrorKind, retryAfterMs?: number): LockResult {
    return { ok: false, error: new LockError(`test: ${kind}`, { kind, retryAfterMs }) };
  }

  /** Answers the waiting write with success. */
  async commit(verb: 'create' | 'update' = 'update'): Promise<PendingCall> {
    const call = await this.expectCall(verb);
    await call.answer(this.ok(call.record));
    return call;
  }

  #call(
    verb: PendingCall['verb'],
    written: LeaderElectionRecord | null,
    base: LockSnapshot | null,
    signal: AbortSignal | undefined,
  ): Promise<LockResult> {
    return new Promise((resolve, reject) => {
      const call: PendingCall = {
        verb,
        record: written,
        base,
        signal,
        answer: async (result) => {
          this.#remove(call);
          resolve(result);
          await settle();
        },
        reject: async (error: unknown) => {
          this.#remove(call);
          reject(error instanceof Error ? error : new Error(String(error)));
          await settle();
        },
      };
      this.pending.push(call);
      signal?.addEventListener('abort', () => {
        this.#remove(call);
        resolve({ ok: false, error: new LockError('test: aborted', { kind: 'aborted' }) });
      });
    });
  }

  #nextVersion(): string {
    this.#version += 1;
    return String(this.#version);
  }

  #remove(call: PendingCall): void {
    const at = this.pending.indexOf(call);
    if (at >= 0) this.pending.splice(at, 1);
  }
}

export function record(fields: Partial<LeaderElectionRecord> = {}): LeaderElectionRecord {
  return new LeaderElectionRecord({
    holderIdentity: 'other',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaderTransitions: 3,
    ...fields,
  });
}
