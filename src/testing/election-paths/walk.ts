import { AssertionError } from 'node:assert';
import { createActor } from 'xstate';
import {
  leaderElectionMachine,
  type LeaderElectionActor,
} from '../../../machines/leader-election.js';
import type { ElectionEvent } from '../../../machines/types.js';
import type { EndReason, LeaderElectionConfig } from '../../config/leader-election-config.js';
import type { Term } from '../../term/term.js';
import { settle } from '../virtual-clock.js';
import { PathClock, type Route } from './chart-walk.js';
import { HeldCallback } from './held-callback.js';
import type { PathEvent } from './possible-events.js';

/** What a path is walked with: the callbacks of an election, and whether they are at work. */
export interface WalkedService {
  onStartedLeading(term: Term): unknown;
  onStoppedLeading?(reason: EndReason): unknown;
  onNewLeader?(identity: string): unknown;
  onOverrun?(term: Term): unknown;
  /** Whether it does what only a leader may do: a timer is set, a consumer runs, a job is under way. */
  isWorking(): boolean;
}

/** Whether the service has time between two events, until all its promises have settled, or none. */
export type Pace = 'in its own time' | 'all at once';

export interface WalkOptions {
  readonly pace: Pace;
  readonly timeoutMs: number;
}

/** Work that waits for nothing real is over after fewer promises than these. */
const PROMISES = 100;

// Kept as they are when this is loaded: a test may have its runner fake the timers afterwards.
const { setTimeout, clearTimeout } = globalThis;

/** One service on one path: the chart is the real one, and so are its calls of the service. */
export class Walk {
  readonly #service: WalkedService;
  readonly #options: WalkOptions;
  readonly #clock = new PathClock();
  readonly #work = new HeldCallback('onStartedLeading');
  readonly #stop = new HeldCallback('onStoppedLeading');
  readonly #actor: LeaderElectionActor;
  #term: Term | null = null;
  #failure: unknown = null;
  #last = 'nothing has happened';
  #sawWork = false;

  constructor(service: WalkedService, config: LeaderElectionConfig, options: WalkOptions) {
    this.#service = service;
    this.#options = options;
    const input: LeaderElectionConfig = {
      ...config,
      clock: this.#clock,
      onStartedLeading: (term) => {
        this.#term = term;
        return this.#work.call(() => service.onStartedLeading(term));
      },
      onStoppedLeading: (reason) => this.#stop.call(() => service.onStoppedLeading?.(reason)),
      onNewLeader: (identity) => service.onNewLeader?.(identity),
      onOverrun: (term) => service.onOverrun?.(term),
    };
    this.#actor = createActor(leaderElectionMachine, { input, clock: this.#clock });
    this.#actor.subscribe({ error: (error) => (this.#failure ??= error) });
    this.#actor.on('callbackFailed', ({ callback, error }) => {
      if (!this.#isPlanned(error)) this.#failure ??= failed(callback, error);
    });
  }

  /** It was seen at work, when it may. */
  get sawWork(): boolean {
    return this.#sawWork;
  }

  /**
   * @param atTheEnd what is done where the path has led, before all comes to its end
   * @throws AssertionError that tells what the service did, and after which event
   */
  async along({ events }: Route, atTheEnd?: () => Promise<void>): Promise<void> {
    this.#actor.start();
    try {
      for (const event of events) {
        const inTime = this.#take(event);
        // Not even a promise that has settled already goes on between two events that come at once,
        // the stop at the end included.
        if (inTime !== null) await inTime;
      }
      if (atTheEnd !== undefined) await atTheEnd();
      await this.#end();
    } finally {
      this.#actor.stop();
    }
  }

  /**
   * Lets it lead until it is seen at work.
   *
   * @throws AssertionError when it is not within `timeoutMs`
   */
  async toWork(leading: Route): Promise<void> {
    await this.along(leading, async () => {
      let isLate = false;
      const { timeoutMs } = this.#options;
      const timer = setTimeout(() => (isLate = true), timeoutMs);
      while (!this.#sawWork && !isLate) {
        for (let turn = 0; turn < PROMISES && !this.#sawWork; turn += 1) {
          await Promise.resolve();
          this.#look();
        }
        await this.#settled();
      }
      clearTimeout(timer);
      if (!this.#sawWork) throw neverWorks(timeoutMs);
    });
  }

  /** Null when there is nothing to wait for. */
  #take(event: PathEvent): Promise<void> | null {
    this.#clock.atMs = Math.max(this.#clock.atMs, event.atMs);
    this.#last = event.label;
    const held = this.#heldBy(event.type);
    if (held !== null) return this.#settled(held());
    this.#actor.send(event as unknown as ElectionEvent);
    this.#look();
    return this.#options.pace === 'in its own time' ? this.#settled() : null;
  }

  async #settled(callback?: Promise<void>): Promise<void> {
    await callback;
    await settle();
    this.#check();
  }

  /** What is done about an event that a callback makes by coming to its end. */
  #heldBy(type: string): (() => Promise<void>) | null {
    const { timeoutMs } = this.#options;
    switch (type) {
      case 'xstate.done.actor.workSettled':
        return () => this.#work.end(timeoutMs);
      case 'xstate.error.actor.work':
        return () => this.#work.fail(timeoutMs);
      case 'xstate.done.actor.onStoppedLeading':
      case 'xstate.done.actor.stopSettled':
        return () => this.#stop.end(timeoutMs);
      case 'xstate.error.actor.onStoppedLeading':
        return () => this.#stop.fail(timeoutMs);
      default:
        return null;
    }
  }

  /** Whatever goes on comes to its end, as in a process that is told to stop. */
  async #end(): Promise<void> {
    if (this.#options.pace === 'in its own time') await settle();
    const { timeoutMs } = this.#options;
    const { status, context } = this.#actor.getSnapshot();
    if (status === 'active' && !context.stopRequested) {
      this.#last = 'it was stopped';
      this.#actor.send({ type: 'stop' });
    }
    await settle();
    await this.#stop.end(timeoutMs);
    await this.#work.end(timeoutMs);
    await settle();
    this.#check();
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure as Error;
    if (!this.#look() || this.#mayWork()) return;
    throw new AssertionError({
      message:
        this.#term === null
          ? `After "${this.#last}" it is working, but has never led`
          : `After "${this.#last}" it is working, but its term has ended, and both callbacks have`,
    });
  }

  /** Whether it works. */
  #look(): boolean {
    const isWorking = this.#service.isWorking();
    this.#sawWork ||= isWorking && this.#mayWork();
    return isWorking;
  }

  /** It leads, or one of its callbacks has not come to its end yet: what winds down may go on. */
  #mayWork(): boolean {
    if (this.#term === null) return false;
    return !this.#term.signal.aborted || this.#work.isRunning || this.#stop.isRunning;
  }

  #isPlanned(error: unknown): boolean {
    return error === this.#work.planned || error === this.#stop.planned;
  }
}

function neverWorks(timeoutMs: number): AssertionError {
  return new AssertionError({
    message:
      `isWorking() was true on no path, nor within ${timeoutMs} ms of leading, so nothing has been ` +
      'tested: it has to be true from when the work begins until the work is over',
  });
}

function failed(callback: string, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return Object.assign(new AssertionError({ message: `${callback} failed: ${message}` }), {
    cause,
  });
}
