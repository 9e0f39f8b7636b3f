import { LockError, type LockErrorKind } from '../../src/errors/lock-error.js';
import { LeaderElectionRecord } from '../../src/lock/record.js';
import type {
  LockCallOptions,
  LockNews,
  LockResult,
  LockSnapshot,
  LockUpdateOptions,
  LockWatch,
  LockWatcher,
  ResourceLock,
} from '../../src/lock/resource-lock.js';

/** Mistakes that people make when they write a lock. */
export const LOCK_BUGS = [
  'takes and renewals are written without a condition',
  'the condition is checked before the write, and not by it',
  'a version is used again after a deletion',
  'versions begin anew after a dozen',
  'times are cut to milliseconds',
  'the holder is stored in lower case',
  'reads are answered from what was read before',
  'an aborted signal is ignored',
  'listeners stay at the signal',
  'the watch names another holder',
  'the watch tells of nothing',
  'the watch ends with its connection',
  'a closed watch goes on telling',
  'a closed watch leaves its timer',
  'a creation overwrites',
  'a release is written without a condition',
  'an update creates what is gone',
  'calls reject',
  'the fingerprint is the version',
  'the fingerprint is the holder',
  'every lock has one identity',
  'the age is counted from 1970',
] as const;

export type LockBug = (typeof LOCK_BUGS)[number];

/** One object, as a small database has it: its versions grow, and whoever watches is told. */
export class PlantedStore {
  readonly bug: LockBug | null;
  version = 100;
  stored: LockSnapshot | null = null;
  readonly watchers = new Set<(news: LockNews) => void>();
  readonly connections = new Set<() => void>();

  constructor(bug: LockBug | null) {
    this.bug = bug;
  }

  put(record: LeaderElectionRecord): LockSnapshot {
    const isFull = this.bug === 'versions begin anew after a dozen' && this.version === 112;
    this.version = isFull ? 100 : this.version + 1;
    const version = String(this.version);
    const fields = this.#kept(record);
    const kept = new LeaderElectionRecord(fields);
    const fingerprints: Partial<Record<LockBug, string>> = {
      'the fingerprint is the version': version,
      'the fingerprint is the holder': kept.holderIdentity,
    };
    const fingerprint = fingerprints[this.bug ?? 'calls reject'] ?? JSON.stringify(kept);
    const writtenAtMs = performance.now();
    this.stored = {
      record: kept,
      unreadable: null,
      fingerprint,
      version,
      object: null,
      writtenAtMs,
    };
    this.#tell({ snapshot: this.stored, version });
    return this.stored;
  }

  remove(): void {
    if (this.stored === null) return;
    this.stored = null;
    this.version += 1;
    this.#tell({ snapshot: null, version: String(this.version) });
    if (this.bug === 'a version is used again after a deletion') this.version = 100;
  }

  /** What is cut off the record by what stores it. */
  #kept(record: LeaderElectionRecord): LeaderElectionRecord {
    const milliseconds = (time: string): string => time.replace(/\d{3}Z$/, '000Z');
    if (this.bug === 'times are cut to milliseconds') {
      const [acquireTime, renewTime] = [record.acquireTime, record.renewTime].map(milliseconds);
      return new LeaderElectionRecord({
        ...record,
        acquireTime: acquireTime!,
        renewTime: renewTime!,
      });
    }
    if (this.bug === 'the holder is stored in lower case') {
      const holderIdentity = record.holderIdentity.toLowerCase();
      return new LeaderElectionRecord({ ...record, holderIdentity });
    }
    return record;
  }

  #tell(news: LockNews): void {
    for (const watcher of [...this.watchers]) watcher(news);
  }
}

/** A right lock on that store, unless a mistake is planted in it. */
export class PlantedLock implements ResourceLock {
  readonly identity: string;
  readonly description = 'row of a store';
  readonly #store: PlantedStore;
  readonly #bug: LockBug | null;
  #last: LockSnapshot | null = null;

  constructor(store: PlantedStore, identity: string) {
    this.#store = store;
    this.#bug = store.bug;
    this.identity = this.#bug === 'every lock has one identity' ? 'one' : identity;
  }

  get(options: LockCallOptions = {}): Promise<LockResult> {
    return this.#call(options, () => {
      const isCached = this.#bug === 'reads are answered from what was read before';
      if (isCached && this.#last !== null) return this.#last;
      return this.#store.stored ?? 'notFound';
    });
  }

  create(record: LeaderElectionRecord, options: LockCallOptions = {}): Promise<LockResult> {
    return this.#call(options, () => {
      if (this.#store.stored !== null && this.#bug !== 'a creation overwrites') return 'conflict';
      return this.#store.put(record);
    });
  }

  async update(record: LeaderElectionRecord, options: LockUpdateOptions = {}): Promise<LockResult> {
    const base = options.base ?? this.#last;
    let current = this.#store.stored;
    if (this.#bug === 'the condition is checked before the write, and not by it') {
      const written = await this.#call(options, () =>
        current?.version === base?.version ? (current ?? 'notFound') : 'conflict',
      );
      return written.ok ? this.#call({}, () => this.#store.put(record)) : written;
    }
    return this.#call(options, () => {
      current = this.#store.stored;
      if (current === null) {
        const creates = this.#bug === 'an update creates what is gone';
        return creates ? this.#store.put(record) : 'notFound';
      }
      if (base?.version !== current.version && !this.#isBlind(record)) return 'conflict';
      return this.#store.put(record);
    });
  }

  writtenAgo(base: LockSnapshot): Promise<number | undefined> {
    if (this.#store.stored?.version !== base.version) return Promise.resolve(undefined);
    if (this.#bug === 'the age is counted from 1970') return Promise.resolve(Date.now());
    return Promise.resolve(performance.now() - (base.writtenAtMs ?? 0));
  }

  watch(watcher: LockWatcher): LockWatch {
    const { connections, watchers } = this.#store;
    const bug = this.#bug;
    let timer: unknown = null;
    let isClosed = false;
    const tell = (news: LockNews): void => {
      if (bug !== 'the watch tells of nothing') watcher.changed(this.#asTold(news));
    };
    const connect = (gap: boolean): void => {
      if (isClosed) return;
      watchers.add(tell);
      connections.add(cut);
      watcher.opened(gap);
    };
    const disconnect = (): void => {
      connections.delete(cut);
      if (bug !== 'a closed watch goes on telling') watchers.delete(tell);
    };
    const cut = (): void => {
      disconnect();
      watcher.failed(new LockError('the connection is gone', { kind: 'network' }));
      if (bug === 'the watch ends with its connection') return;
      timer = watcher.clock.setTimeout(() => connect(true), 1);
    };
    timer = watcher.clock.setTimeout(() => connect(false), 1);
    return {
      doubt: () => {
        disconnect();
        connect(true);
      },
      close: () => {
        isClosed = true;
        disconnect();
        watcher.clock.clearTimeout(timer);
        if (bug === 'a closed watch leaves its timer') watcher.clock.setTimeout(() => {}, 10);
      },
    };
  }

  #isBlind({ isReleased }: LeaderElectionRecord): boolean {
    const bugOfRelease = this.#bug === 'a release is written without a condition';
    const bugOfOthers = this.#bug === 'takes and renewals are written without a condition';
    return isReleased ? bugOfRelease : bugOfOthers;
  }

  #asTold({ snapshot, version }: LockNews): LockNews {
    if (this.#bug !== 'the watch names another holder' || snapshot === null) {
      return { snapshot, version };
    }
    const record = new LeaderElectionRecord({ ...snapshot.record!, holderIdentity: 'another' });
    return { snapshot: { ...snapshot, record }, version };
  }

  async #call(
    { signal }: LockCallOptions,
    call: () => LockSnapshot | LockErrorKind,
  ): Promise<LockResult> {
    signal?.addEventListener('abort', listen);
    try {
      // As long as a request takes.
      await Promise.resolve();
      const isAborted = signal?.aborted === true && this.#bug !== 'an aborted signal is ignored';
      const answer = isAborted ? 'aborted' : call();
      if (typeof answer !== 'string') {
        this.#last = answer;
        return { ok: true, ...answer };
      }
      const error = new LockError(`${this.description}: ${answer}`, { kind: answer });
      if (this.#bug === 'calls reject') throw error;
      return { ok: false, error };
    } finally {
      if (this.#bug !== 'listeners stay at the signal')
        signal?.removeEventListener('abort', listen);
    }
  }
}

function listen(): void {}
