import { errorName } from '../errors/error-name.js';
import { NotLeaderError } from '../errors/not-leader-error.js';
import type { Gate } from '../http/passage.js';
import { type Clock, elapsedForHolder, type Instant } from '../time/clock.js';
import { Closing, type FetchInput, gateFor, type TermFetchInit, termFetch } from './gates.js';
import { runCallback } from './own-callbacks.js';
import { letAnswerItself, letAskTheClock } from './term-signal.js';

/** One period of leadership, as the work done in it sees it. */
export interface Term {
  /**
   * Aborted when the term ends or begins to drain: at `stop()`, on a loss, at `leadingUntil` at the
   * latest. Hand it to whatever the work waits for.
   */
  readonly signal: AbortSignal;
  /**
   * Grows from term to term over the whole life of the cluster, through deletion of the lock too: it
   * is the `resourceVersion` of the write that won the term. Hand it to whatever the work writes to,
   * and let that refuse smaller ones.
   */
  readonly fencingToken: bigint;
  /** This candidate's name in the lock. */
  readonly identity: string;
  /** When the write that won the term was sent, by this machine's wall clock. */
  readonly acquiredAt: Date;
  /** When leadership ends unless it is renewed before, by this machine's wall clock. */
  readonly leadingUntil: Date;
  /**
   * False as soon as the signal is aborted, draining included. Asks the clock, not a flag, so it is
   * right even after the process was stopped or its event loop blocked.
   */
  isLeading(): boolean;
  /**
   * For a step that must not happen twice: ask right before it.
   *
   * @throws {NotLeaderError} when `isLeading()` is false.
   */
  assertLeading(): void;
  /**
   * `fetch` for what only the leader may do. A request that changes something, which is one by any method
   * but GET, HEAD and OPTIONS, is sent while `isLeading()` is true and not after: the clock is asked when
   * it is made, and again right before it is written to its connection. What is under way when the
   * signal is aborted is given up; its fate is unknown. Reads pass at any time.
   *
   * @param init as for `fetch`, and `marginSeconds`: send it only if the leadership lasts for so much
   * longer, even if it is not renewed; 0 where it is left out
   * @throws {NotLeaderError} when the request was not sent, or was given up because the term has ended
   * @throws {ConfigError} for a `marginSeconds` that is none, or not below `renewDeadlineSeconds`
   */
  fetch(input: FetchInput, init?: TermFetchInit): Promise<Response>;
}

export interface TermStart {
  readonly identity: string;
  /** The `resourceVersion` of the write that won the term. */
  readonly version: string;
  readonly validFrom: Instant;
  readonly renewDeadlineMs: number;
  readonly clock: Clock;
}

/** How the user's work came out; `error` is present when it threw. */
export interface WorkResult {
  readonly result?: unknown;
  readonly error?: unknown;
}

/** The election's side of a {@link Term}: it extends the term, ends it, and runs its work. */
export class TermHandle implements Term {
  readonly identity: string;
  readonly acquiredAt: Date;
  readonly #version: string;
  readonly #clock: Clock;
  readonly #renewDeadlineMs: number;
  readonly #controller = new AbortController();
  #validFrom: Instant;
  #holding = true;
  #draining = false;
  #work: Promise<WorkResult> | undefined;
  #workFinished = true;
  #workFailed = false;
  #stopSettled: Promise<void> = Promise.resolve();
  readonly #workIsToEnd = new Closing();
  readonly #hasEnded = new Closing();

  constructor(start: TermStart) {
    this.identity = start.identity;
    this.#version = start.version;
    this.#clock = start.clock;
    this.#renewDeadlineMs = start.renewDeadlineMs;
    this.#validFrom = start.validFrom;
    this.acquiredAt = new Date(start.validFrom.wallMs);
    letAskTheClock(this.#controller.signal, this);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get fencingToken(): bigint {
    return BigInt(this.#version);
  }

  get leadingUntil(): Date {
    return new Date(this.#validFrom.wallMs + this.#renewDeadlineMs);
  }

  isLeading(): boolean {
    return this.holdsLock() && !this.#draining;
  }

  assertLeading(): void {
    if (!this.isLeading()) throw this.#notLeader();
  }

  async fetch(input: FetchInput, init: TermFetchInit = {}): Promise<Response> {
    return termFetch(this, input, init);
  }

  /** For requests of the work, which end when that is to end; or for all that the lock allows. */
  gate(of: 'work' | 'lock', marginMs: number): Gate {
    const isOpen = of === 'work' ? () => this.isLeading() : () => this.holdsLock();
    const closing = of === 'work' ? this.#workIsToEnd : this.#hasEnded;
    const leftMs = (): number =>
      this.#renewDeadlineMs - elapsedForHolder(this.#validFrom, this.#clock.now());
    return gateFor({ isOpen, leftMs, marginMs, closing, notLeader: () => this.#notLeader() });
  }

  get renewDeadlineMs(): number {
    return this.#renewDeadlineMs;
  }

  /**
   * Whether the lock is ours, draining included. Asks the clock: the process may have been stopped,
   * or its event loop blocked, past the deadline, and then whoever asks comes before the timer that
   * would have said so.
   */
  holdsLock(): boolean {
    if (!this.#holding) return false;
    const held = elapsedForHolder(this.#validFrom, this.#clock.now()) < this.#renewDeadlineMs;
    if (!held) this.end();
    return held;
  }

  /** Whether the lock ceased to be ours at some time: from then on it stays so. */
  get hasEnded(): boolean {
    return !this.#holding;
  }

  /** A renewal that was sent at `validFrom` is committed. */
  extend(validFrom: Instant): void {
    this.#validFrom = validFrom;
  }

  /** Aborts the signal: the work is to end. The lock is held on. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    letAnswerItself(this.#controller.signal);
    this.#controller.abort(this.#notLeader());
    this.#workIsToEnd.close();
  }

  /** The lock is not ours any more, or about to be given back. Aborts the signal. */
  end(): void {
    this.#holding = false;
    this.drain();
    this.#hasEnded.close();
  }

  /** Runs the user's work, once. Never rejects. */
  run(work: (term: Term) => unknown): Promise<WorkResult> {
    this.#workFinished = false;
    this.#work = (async () => {
      try {
        return { result: await runCallback(this, () => work(this)) };
      } catch (error) {
        if (this.#isConsequenceOfTheEnd(error)) return {};
        this.#workFailed = true;
        return { error: error ?? new Error('onStartedLeading rejected without a reason') };
      } finally {
        this.#workFinished = true;
      }
    })();
    return this.#work;
  }

  get workFinished(): boolean {
    return this.#workFinished;
  }

  /** The work threw, or rejected. */
  get workFailed(): boolean {
    return this.#workFailed;
  }

  /** Resolves when the work has come to its end, at once if there was none. Never rejects. */
  get workSettled(): Promise<WorkResult> {
    return this.#work ?? Promise.resolve({});
  }

  /** Runs `onStoppedLeading`. Rejects with what that throws. */
  tellStopped(tell: () => unknown): Promise<void> {
    const told = (async () => {
      await runCallback(this, tell);
    })();
    this.#stopSettled = told.catch(() => undefined);
    return told;
  }

  /** Resolves when `onStoppedLeading` has come to its end, at once if it was not called. */
  get stopSettled(): Promise<void> {
    return this.#stopSettled;
  }

  /** For inspectors and loggers, which turn contexts into JSON and cannot take a bigint. */
  toJSON(): Record<string, unknown> {
    return {
      identity: this.identity,
      fencingToken: this.#version,
      acquiredAt: this.acquiredAt,
      leadingUntil: this.leadingUntil,
      ended: this.#draining,
      workFinished: this.#workFinished,
    };
  }

  /** Work that is told to stop usually rejects with the abort; that is obedience, not failure. */
  #isConsequenceOfTheEnd(error: unknown): boolean {
    if (!this.#draining) return false;
    if (error === this.#controller.signal.reason || error instanceof NotLeaderError) return true;
    return errorName(error) === 'AbortError';
  }

  #notLeader(): NotLeaderError {
    return new NotLeaderError(
      `${this.identity} does not lead any more: its term, which began at ` +
        `${this.acquiredAt.toISOString()}, has ended or is draining`,
    );
  }
}
