import { CliError } from '../cli-error.js';
import { machineNow } from '../machine-time.js';
import type { Timings } from '../timings.js';
import { electionBound, handoverBound, seconds, takeoverBound, type Bound } from './bounds.js';
import type { Display } from './display.js';
import type { Fleet } from './fleet.js';
import type { Member } from './member.js';

/** Loading the program takes each process about a second, more on a busy machine. */
const STARTUP_MS = 30_000;

export interface Succession {
  readonly from: string;
  readonly to: string;
  /** From the signal to the old leader until the new leader's work started. */
  readonly tookMs: number;
  readonly bound: Bound;
}

/** What was measured. */
export interface StoryResult {
  readonly firstLeader: string;
  readonly electedAfterMs: number;
  readonly takeover: Succession;
  readonly handover: Succession & {
    /** Between the release of the lock and the new leader's start. */
    readonly freeMs: number;
  };
  readonly fencingTokens: readonly bigint[];
}

interface Change {
  readonly old: Member;
  readonly next: Member;
  readonly at: number;
  readonly succession: Succession;
}

export interface StoryOptions {
  readonly fleet: Fleet;
  readonly display: Display;
  readonly timings: Timings;
  /** Aborted when the demo is to end early. */
  readonly signal: AbortSignal;
}

/** The demo's plot: elect, kill, take over, bring back, stop, hand over. */
export class Story {
  readonly #stage: StoryOptions;

  constructor(stage: StoryOptions) {
    this.#stage = stage;
  }

  /** @throws {CliError} saying what did not happen in its time */
  async play(candidates: number): Promise<StoryResult> {
    const first = await this.#elect(candidates);
    const takeover = await this.#crash(first.leader);
    await this.#bringBack(takeover.old, takeover.next);
    const { freeMs, ...handover } = await this.#stopCleanly(takeover.next);
    return {
      firstLeader: first.leader.name,
      electedAfterMs: first.afterMs,
      takeover: takeover.succession,
      handover: { ...handover.succession, freeMs },
      fencingTokens: [first.leader, takeover.next, handover.next].map(tokenOf),
    };
  }

  async #elect(candidates: number): Promise<{ leader: Member; afterMs: number }> {
    this.#stage.display.step(
      'Step 1 of 4, election',
      `${candidates} candidates ask for the lock. The first whose write the API server accepts ` +
        'leads, the others wait.',
    );
    const names = Array.from({ length: candidates }, (_, index) => `candidate-${index + 1}`);
    const members = await this.#started(names);
    const begunAt = machineNow();
    for (const member of members) this.#stage.fleet.begin(member);
    const bound = electionBound(this.#stage.timings);
    const find = (): Member | undefined =>
      members.find(({ leads, facts }) => leads && facts.workSince !== null);
    await this.#wait(() => find() !== undefined, bound.ms);
    const leader = find();
    if (leader === undefined) throw this.#tooLate('No candidate led', bound);
    await this.#renewsAndIsSeen(leader, 2);
    return { leader, afterMs: (leader.facts.workSince ?? begunAt) - begunAt };
  }

  async #crash(old: Member): Promise<Change> {
    const lease = this.#stage.timings.leaseDurationSeconds;
    this.#stage.display.step(
      'Step 2 of 4, crash',
      `killing ${old.name} (SIGKILL), which can tell nobody. The others must wait until its lease ` +
        `has run out: ${lease} s after they last saw it renewed. ` +
        'Before that it might be alive, and leading.',
    );
    const change = await this.#succeeded(old, 'SIGKILL', takeoverBound(this.#stage.timings));
    this.#told(change, `${change.next.name} took over`);
    await this.#renewsAndIsSeen(change.next, 1);
    return change;
  }

  async #bringBack(dead: Member, leader: Member): Promise<void> {
    this.#stage.display.step(
      'Step 3 of 4, restart',
      `${dead.name} is started again, as Kubernetes restarts a pod. It finds a leader at work, and ` +
        'waits like the others.',
    );
    for (const member of await this.#started([dead.name])) this.#stage.fleet.begin(member);
    await this.#renewsAndIsSeen(leader, leader.facts.renewals + 2);
  }

  async #stopCleanly(old: Member): Promise<Change & { freeMs: number }> {
    this.#stage.display.step(
      'Step 4 of 4, clean stop',
      `stopping ${old.name} (SIGTERM), which ends its work and then releases the lock. The others ` +
        'watch the lock, find it free at once, and need not wait for the lease. (Where a watch does ' +
        'not get through, they find it free at their next look.)',
    );
    const bound = handoverBound(this.#stage.timings);
    const change = await this.#succeeded(old, 'SIGTERM', bound);
    // The others may hear of the release before the one that wrote it has its answer.
    if (!(await this.#wait(() => old.facts.releasedAt !== null, bound.ms))) {
      throw new CliError(`${old.name} was stopped and did not release the lock.`);
    }
    this.#told(change, `handed over to ${change.next.name}`);
    // So that the last leader is seen at work, and the one before is seen to end.
    await this.#renewsAndIsSeen(change.next, 1);
    return { ...change, freeMs: Math.max(0, change.at - (old.facts.releasedAt ?? change.at)) };
  }

  async #started(names: readonly string[]): Promise<Member[]> {
    const members = names.map((name) => this.#stage.fleet.start(name));
    if (await this.#wait(() => members.every(({ isReady }) => isReady), STARTUP_MS)) return members;
    throw new CliError(`Not all candidates had started after ${STARTUP_MS / 1000} s.`);
  }

  /** Ends the leader by that signal, and waits for the next one. */
  async #succeeded(old: Member, signal: 'SIGTERM' | 'SIGKILL', bound: Bound): Promise<Change> {
    const since = old.end(signal);
    const find = (): Member | undefined =>
      this.#stage.fleet.members.find((each) => each !== old && (each.facts.workSince ?? 0) > since);
    // A start that is reported a moment after the bound still is judged by when it happened.
    await this.#wait(() => find() !== undefined, bound.ms + 500);
    const next = find();
    const at = next?.facts.workSince ?? Infinity;
    const tookMs = at - since;
    if (next === undefined || tookMs > bound.ms) {
      throw this.#tooLate(`Nobody took over from ${old.name}`, bound);
    }
    return { old, next, at, succession: { from: old.name, to: next.name, tookMs, bound } };
  }

  #told({ at, succession: { tookMs, bound } }: Change, what: string): void {
    const text = `=> ${what} after ${seconds(tookMs)} (allowed: ${seconds(bound.ms)})`;
    this.#stage.display.log({ at, text });
  }

  /** Waits until the leader has renewed that often, and everybody knows that it leads. */
  async #renewsAndIsSeen(leader: Member, renewals: number): Promise<void> {
    const within =
      takeoverBound(this.#stage.timings).ms +
      renewals * this.#stage.timings.retryPeriodSeconds * 1000;
    const seen = (): boolean =>
      leader.facts.renewals >= renewals &&
      this.#stage.fleet.members.every(
        ({ exit, facts }) => exit !== null || facts.leader === leader.identity,
      );
    if (await this.#wait(seen, within)) return;
    throw new CliError(
      `${leader.name} leads, but after ${seconds(within)} it had not renewed its lease, or not all ` +
        `candidates had seen it lead.${this.#lastWords()}`,
    );
  }

  #wait(condition: () => boolean, withinMs: number): Promise<boolean> {
    return this.#stage.fleet.waitFor(condition, withinMs, this.#stage.signal);
  }

  #tooLate(what: string, { ms, because }: Bound): CliError {
    return new CliError(`${what} within ${seconds(ms)} (${because}).${this.#lastWords()}`);
  }

  #lastWords(): string {
    const { lastWords } = this.#stage.fleet;
    return lastWords === '' ? '' : ` The last complaint of a candidate: ${lastWords}`;
  }
}

function tokenOf({ name, facts: { fencingToken } }: Member): bigint {
  if (fencingToken === null) throw new CliError(`${name} led and reported no fencing token.`);
  return BigInt(fencingToken);
}
