import type { LockErrorKind } from '../../src/errors/lock-error.js';
import { LeaderElectionRecord } from '../../src/lock/record.js';
import type {
  LockResult,
  LockSnapshot,
  LockWatcher,
  ResourceLock,
} from '../../src/lock/resource-lock.js';
import type { VirtualClock } from '../../src/testing/virtual-clock.js';
import {
  ControllableLock,
  type PendingAge,
  type PendingCall,
} from '../support/controllable-lock.js';
import type { Answer, Happening, Reading, StoredRecord, Verb } from './trace.js';

interface Call {
  readonly id: number;
  readonly verb: Verb;
  readonly record: StoredRecord | null;
  readonly base: string | null;
  readonly pending: PendingCall;
  /** What the server said to it, which the candidate need not have heard. */
  said: Answer | null;
}

/** A question for the age, which waits for its answer like any call. */
interface Question {
  readonly id: number;
  readonly base: string;
  readonly pending: PendingAge;
}

const LOST: readonly LockErrorKind[] = ['serverError', 'network', 'timeout', 'unknown'];

/** What fails for as long as it lasts, with which error; writes may be carried out all the same. */
export interface Outage {
  readonly reads: LockErrorKind | null;
  readonly writes: LockErrorKind | null;
  readonly stored: boolean;
}

export type Tell = (happening: Happening) => void;

/** The object in the cluster and the way to it: each call waits until a command lets it through. */
export class World {
  readonly lock: ResourceLock;
  readonly #controls: ControllableLock;
  readonly #clock: VirtualClock;
  readonly #tell: Tell;
  readonly #underWay: Call[] = [];
  #asked: Question | null = null;
  #stored: Reading | null = null;
  #watcher: LockWatcher | null = null;
  #version = 100;
  #calls = 0;
  #writes = 0;
  /** Answers every call truthfully after so many milliseconds; null: commands answer. */
  latency: number | null = null;
  outage: Outage | null = null;
  /** Whatever is written loses the digits of its seconds. */
  cuts = false;

  constructor(identity: string, clock: VirtualClock, tell: Tell) {
    this.#controls = new ControllableLock(identity);
    this.#clock = clock;
    this.#tell = tell;
    this.lock = {
      identity,
      description: this.#controls.description,
      get: (options) => this.#send('get', null, null, () => this.#controls.get(options)),
      create: (record, options) =>
        this.#send('create', record, null, () => this.#controls.create(record, options)),
      update: (record, options) =>
        this.#send('update', record, options?.base ?? null, () =>
          this.#controls.update(record, options),
        ),
      writtenAgo: (base, options) => this.#ask(base, options?.signal),
      // It never opens, so that no change is told of: polling is what the rules have figures for.
      watch: (watcher) => {
        this.#watcher = watcher;
        const close = (): void => {
          this.#watcher = null;
        };
        return { doubt: () => undefined, close };
      },
    };
  }

  get stored(): Reading | null {
    return this.#stored;
  }

  get waiting(): boolean {
    return this.#waitingCall() !== undefined || this.#question !== null;
  }

  /** Somebody writes the object, whoever holds the lock. */
  put(
    record: StoredRecord | null,
    unreadable: string | null = null,
    process: string | null = null,
  ): void {
    this.#store(record, unreadable, null, process);
  }

  /** Whoever watches is told that the process which holds the lock has died. */
  die(): void {
    const process = this.#stored?.process ?? null;
    if (process === null || this.#watcher === null) return;
    this.#tell({ type: 'died', process });
    this.#watcher.holderDied?.({ holder: process, evidence: 'the story has it so' });
  }

  /** The server has stored the object that much longer ago. */
  age(ms: number): void {
    const stored = this.#stored;
    if (stored !== null) this.#stored = { ...stored, writtenAt: stored.writtenAt - ms };
  }

  /** The object changes, the record in it does not. */
  relabel(): void {
    const { record, unreadable, author, versions, process } = this.#stored ?? {};
    if (versions === undefined) return;
    const version = this.#nextVersion();
    this.#stored = {
      record: record ?? null,
      unreadable: unreadable ?? null,
      author: author ?? null,
      process: process ?? null,
      version,
      versions: [...versions, version],
      writtenAt: this.#clock.now().monotonicMs,
    };
  }

  delete(): void {
    if (this.#stored !== null) this.#nextVersion();
    this.#stored = null;
  }

  /** The server does what the waiting call asks. Its answer stays on the way. */
  execute(): void {
    const call = this.#waitingCall();
    if (call !== undefined) this.#execute(call);
  }

  /** A request that its sender has given up arrives after all. */
  land(): void {
    const late = this.#underWay.findIndex((call) => !this.#controls.pending.includes(call.pending));
    const [call] = late < 0 ? [] : this.#underWay.splice(late, 1);
    if (call !== undefined) this.#execute(call);
  }

  async answerTruthfully(): Promise<void> {
    if (this.#question !== null) return this.#tellAge(this.#question);
    const call = this.#waitingCall();
    if (call !== undefined) await this.#answer(call, this.#respond(call));
  }

  async fail(kind: LockErrorKind, retryAfter: number | null): Promise<void> {
    if (this.#question !== null) return this.#refuseAge(this.#question);
    const call = this.#waitingCall();
    if (call === undefined) return;
    // A server that has done what was asked does not say that it refuses; a proxy that repeats it may
    // say that somebody else was faster.
    const truth = [...LOST, 'conflict'].includes(kind) ? null : call.said;
    await this.#answer(call, truth ?? { ok: false, kind, retryAfter });
  }

  async throw(): Promise<void> {
    if (this.#question !== null) return this.#refuseAge(this.#question);
    const call = this.#waitingCall();
    if (call === undefined) return;
    this.#tell({
      type: 'answer',
      id: call.id,
      answer: { ok: false, kind: 'unknown', retryAfter: null },
    });
    await call.pending.reject(new Error('the lock throws'));
  }

  /** What waits when the policy changes is answered by it, too. */
  serve(latency: number | null): void {
    this.latency = latency;
    if (this.#question !== null) this.#tellAgeLater(this.#question);
    const call = this.#waitingCall();
    if (call !== undefined) this.#answerLater(call);
  }

  /** A time of another machine, never the same twice. Its clock is a year off: nobody may care. */
  foreignTime(): string {
    this.#writes += 1;
    return new Date(Date.UTC(2025, 0, 1) + this.#writes).toISOString();
  }

  get #question(): Question | null {
    const asked = this.#asked;
    return asked !== null && this.#controls.pendingAges.includes(asked.pending) ? asked : null;
  }

  #ask(base: LockSnapshot, signal?: AbortSignal): Promise<number | undefined> {
    const id = ++this.#calls;
    const { version } = base;
    this.#tell({ type: 'request', id, verb: 'age', record: null, base: version });
    const result = this.#controls.writtenAgo(base, { signal });
    const pending = this.#controls.pendingAges.at(-1);
    if (pending === undefined) throw new Error('the question was refused at once');
    const asked = { id, base: version, pending };
    this.#asked = asked;
    signal?.addEventListener('abort', () => {
      if (this.#asked === asked) this.#tell({ type: 'aborted', id });
    });
    this.#tellAgeLater(asked);
    return result;
  }

  #tellAgeLater(asked: Question): void {
    if (this.latency === null) return;
    this.#clock.setTimeout(() => {
      if (this.#question === asked) void this.#tellAge(asked);
    }, this.latency);
  }

  #tellAge(asked: Question): Promise<void> {
    const stored = this.#stored;
    if (stored?.version !== asked.base) return this.#refuseAge(asked);
    const age = this.#clock.now().monotonicMs - stored.writtenAt;
    this.#asked = null;
    this.#tell({ type: 'aged', id: asked.id, age });
    return asked.pending.answer(age);
  }

  #refuseAge({ id, pending }: Question): Promise<void> {
    this.#asked = null;
    this.#tell({ type: 'aged', id, age: null });
    return pending.reject(new Error('the age is not told'));
  }

  #send(
    verb: Verb,
    record: LeaderElectionRecord | null,
    base: LockSnapshot | null,
    call: () => Promise<LockResult>,
  ): Promise<LockResult> {
    const id = ++this.#calls;
    const fields = record === null ? null : { ...record };
    this.#tell({ type: 'request', id, verb, record: fields, base: base?.version ?? null });
    const result = call();
    const pending = this.#controls.pending.at(-1);
    if (pending === undefined) throw new Error('the call was refused at once');
    const sent = { id, verb, record: fields, base: base?.version ?? null, pending, said: null };
    this.#underWay.push(sent);
    pending.signal?.addEventListener('abort', () => {
      this.#tell({ type: 'aborted', id });
    });
    this.#answerLater(sent);
    return result;
  }

  #answerLater(call: Call): void {
    if (this.latency === null) return;
    this.#clock.setTimeout(() => {
      if (!this.#controls.pending.includes(call.pending)) return;
      void this.#answer(call, this.#respond(call));
    }, this.latency);
  }

  #waitingCall(): Call | undefined {
    return this.#underWay.find((call) => this.#controls.pending.includes(call.pending));
  }

  #answer(call: Call, answer: Answer): Promise<void> {
    // A request that was refused does not arrive later; one whose connection broke may.
    if (answer.ok || !LOST.includes(answer.kind)) {
      this.#underWay.splice(this.#underWay.indexOf(call), 1);
    }
    this.#tell({ type: 'answer', id: call.id, answer });
    return call.pending.answer(this.#result(answer));
  }

  #result(answer: Answer): LockResult {
    if (!answer.ok) return this.#controls.failure(answer.kind, answer.retryAfter ?? undefined);
    const { record, unreadable, version, writtenAt, process } = answer;
    return {
      ok: true,
      record: record === null ? null : new LeaderElectionRecord(record),
      unreadable,
      fingerprint: unreadable ?? JSON.stringify(record),
      version,
      object: null,
      writtenAtMs: writtenAt,
      ...(process === null ? {} : { holder: process }),
    };
  }

  /** What the candidate hears, by way of what may be broken. */
  #respond(call: Call): Answer {
    const { reads = null, writes = null, stored = false } = this.outage ?? {};
    const kind = call.verb === 'get' ? reads : writes;
    if (kind === null || stored) this.#execute(call);
    return kind === null ? this.#execute(call) : failed(kind);
  }

  #execute(call: Call): Answer {
    call.said ??= this.#decide(call);
    return call.said;
  }

  #decide({ id, verb, record, base }: Call): Answer {
    const stored = this.#stored;
    if (verb === 'create') {
      return stored === null ? this.#store(this.#kept(record), null, id) : failed('conflict');
    }
    if (stored === null) return failed('notFound');
    if (verb === 'get') return { ok: true, ...stored };
    return stored.version === base ? this.#store(this.#kept(record), null, id) : failed('conflict');
  }

  /** What is left of a record that the candidate writes. */
  #kept(record: StoredRecord | null): StoredRecord | null {
    if (record === null || !this.cuts) return record;
    const cut = (time: string) => time.replace(/\.\d+Z$/, '.000000Z');
    return { ...record, acquireTime: cut(record.acquireTime), renewTime: cut(record.renewTime) };
  }

  #store(
    record: StoredRecord | null,
    unreadable: string | null,
    author: number | null,
    process: string | null = null,
  ): Answer {
    const version = this.#nextVersion();
    const writtenAt = this.#clock.now().monotonicMs;
    this.#stored = { record, unreadable, author, process, version, versions: [version], writtenAt };
    return { ok: true, ...this.#stored };
  }

  #nextVersion(): string {
    this.#version += 1;
    return String(this.#version);
  }
}

function failed(kind: LockErrorKind): Answer {
  return { ok: false, kind, retryAfter: null };
}
