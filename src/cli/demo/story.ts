import { electionBound, handoverBound, takeoverBound, type Bound } from './bounds.js';
import { CliError } from '../connect.js';
import type { Display } from './display.js';
import type { Fleet } from './fleet.js';
import type { Member } from './member.js';
import type { Timings } from '../timings.js';
import { exactSeconds, seconds } from './text.js';

/** Loading the program takes each process about a second, more on a busy machine. */
const STARTUP_MS = 30_000;

export interface StoryOptions {
  readonly fleet: Fleet;
  readonly display: Display;
  readonly timings: Timings;
  readonly candidates: number;
  /** Aborted when the demo is to end early. */
  readonly signal: AbortSignal;
}

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

/**
 * The demo's plot: elect, kill, take over, bring back, stop, hand over.
 *
 * @throws {CliError} saying what did not happen in its time
 */
export async function playStory(options: StoryOptions): Promise<StoryResult> {
  const first = await elect(options);
  const takeover = await crash(options, first.leader);
  await bringBack(options, takeover.from);
  const handover = await stopCleanly(options, takeover.to);
  await settle(options, handover.to);
  return {
    firstLeader: first.leader.name,
    electedAfterMs: first.afterMs,
    takeover: succession(takeover),
    handover: { ...succession(handover), freeMs: handover.freeMs },
    fencingTokens: [first.token, tokenOf(takeover.to), tokenOf(handover.to)],
  };
}

interface Elected {
  readonly leader: Member;
  readonly afterMs: number;
  readonly token: bigint;
}

interface Change {
  readonly from: Member;
  readonly to: Member;
  readonly tookMs: number;
  readonly bound: Bound;
}

async function elect({
  fleet,
  display,
  candidates,
  timings,
  signal,
}: StoryOptions): Promise<Elected> {
  display.step(
    'Step 1 of 4, election',
    `${candidates} candidates ask for the lock. The first whose write the API server accepts ` +
      'leads, the others wait.',
  );
  const members = Array.from({ length: candidates }, (_, index) =>
    fleet.start(`candidate-${index + 1}`),
  );
  const allReady = (): boolean => members.every((member) => member.isReady);
  if (!(await fleet.waitFor(allReady, STARTUP_MS, signal))) {
    throw new CliError(`Not all candidates had started after ${exactSeconds(STARTUP_MS / 1000)}.`);
  }
  const begunAt = performance.now();
  for (const member of members) fleet.begin(member);
  const bound = electionBound(timings);
  const leads = (): boolean => leaderAtWork(fleet) !== null;
  const elected = await fleet.waitFor(leads, bound.ms, signal);
  const leader = leaderAtWork(fleet);
  if (!elected || leader === null) throw nobodyLed(fleet, 'No candidate led', bound);
  const afterMs = performance.now() - begunAt;
  await renewAndBeSeen({ fleet, timings, signal }, leader, 2);
  return { leader, afterMs, token: tokenOf(leader) };
}

async function crash(
  { fleet, display, timings, signal }: StoryOptions,
  old: Member,
): Promise<Change> {
  display.step(
    'Step 2 of 4, crash',
    `killing ${old.name} (SIGKILL), which can tell nobody. The others must wait until its lease ` +
      `has run out: ${exactSeconds(timings.leaseDurationSeconds)} after they last saw it renewed. ` +
      'Before that it might be alive, and leading.',
  );
  const bound = takeoverBound(timings);
  const killedAt = old.end('SIGKILL');
  const next = await successor(fleet, old, killedAt, bound, signal);
  if (next === null) throw nobodyLed(fleet, `Nobody took over from ${old.name}`, bound);
  display.log({
    at: next.at,
    text: `=> ${next.leader.name} took over ${againstBound(next.at - killedAt, bound)}`,
  });
  await renewAndBeSeen({ fleet, timings, signal }, next.leader, 1);
  return { from: old, to: next.leader, tookMs: next.at - killedAt, bound };
}

async function bringBack(
  { fleet, display, timings, signal }: StoryOptions,
  dead: Member,
): Promise<void> {
  display.step(
    'Step 3 of 4, restart',
    `${dead.name} is started again, as Kubernetes restarts a pod. It finds a leader at work, and ` +
      'waits like the others.',
  );
  const member = fleet.start(dead.name);
  if (!(await fleet.waitFor(() => member.isReady, STARTUP_MS, signal))) {
    throw new CliError(`${member.name} had not started after ${exactSeconds(STARTUP_MS / 1000)}.`);
  }
  fleet.begin(member);
  const { leader } = fleet;
  if (leader === null)
    throw nobodyLed(fleet, 'The new leader lost the lock', takeoverBound(timings));
  await renewAndBeSeen({ fleet, timings, signal }, leader, leader.renewals + 2);
}

async function stopCleanly(
  { fleet, display, timings, signal }: StoryOptions,
  old: Member,
): Promise<Change & { readonly freeMs: number }> {
  display.step(
    'Step 4 of 4, clean stop',
    `stopping ${old.name} (SIGTERM), which ends its work and then releases the lock. The others ` +
      'watch the lock, find it free at once, and need not wait for the lease. (Where a watch does ' +
      'not get through, they find it free at their next look.)',
  );
  const bound = handoverBound(timings);
  const stoppedAt = old.end('SIGTERM');
  const next = await successor(fleet, old, stoppedAt, bound, signal);
  if (next === null) throw nobodyLed(fleet, `Nobody took over from ${old.name}`, bound);
  // The others may hear of the release before the one that wrote it has its answer.
  if (!(await fleet.waitFor(() => old.releasedAt !== null, bound.ms, signal))) {
    throw new CliError(`${old.name} was stopped and did not release the lock.`);
  }
  display.log({
    at: next.at,
    text: `=> handed over to ${next.leader.name} ${againstBound(next.at - stoppedAt, bound)}`,
  });
  const freeMs = Math.max(0, next.at - (old.releasedAt ?? next.at));
  return { from: old, to: next.leader, tookMs: next.at - stoppedAt, bound, freeMs };
}

/** So that the last leader is seen at work, and the one before is seen to end. */
async function settle({ fleet, timings, signal }: StoryOptions, leader: Member): Promise<void> {
  await renewAndBeSeen({ fleet, timings, signal }, leader, 1);
}

/** Waits until the leader has renewed that often, and everybody knows that it leads. */
async function renewAndBeSeen(
  { fleet, timings, signal }: Pick<StoryOptions, 'fleet' | 'timings' | 'signal'>,
  leader: Member,
  renewals: number,
): Promise<void> {
  const present = (): Member[] => fleet.members.filter((member) => member.exit === null);
  const seen = (): boolean =>
    leader.renewals >= renewals && present().every((member) => member.leader === leader.identity);
  const within = takeoverBound(timings).ms + renewals * timings.retryPeriodSeconds * 1000;
  if (await fleet.waitFor(seen, within, signal)) return;
  throw new CliError(
    `${leader.name} leads, but after ${seconds(within)} it had not renewed its lease, or not all ` +
      `candidates had seen it lead.${lastWords(fleet)}`,
  );
}

interface Successor {
  readonly leader: Member;
  readonly at: number;
}

/** The next leader after that moment; null when there was none in time. */
async function successor(
  fleet: Fleet,
  old: Member,
  since: number,
  bound: Bound,
  signal: AbortSignal,
): Promise<Successor | null> {
  const find = (): Successor | null => {
    for (const leader of fleet.members) {
      const at = leader.startedLeadingAt;
      if (leader !== old && at !== null && at > since) return { leader, at };
    }
    return null;
  };
  // A start that is reported a moment after the bound still is judged by when it happened.
  await fleet.waitFor(() => find() !== null, bound.ms + 500, signal);
  const found = find();
  return found !== null && found.at - since <= bound.ms ? found : null;
}

function leaderAtWork({ leader }: Fleet): Member | null {
  return leader?.startedLeadingAt == null ? null : leader;
}

function nobodyLed(fleet: Fleet, what: string, { ms, because }: Bound): CliError {
  return new CliError(`${what} within ${seconds(ms)} (${because}).${lastWords(fleet)}`);
}

function againstBound(tookMs: number, { ms }: Bound): string {
  return `after ${seconds(tookMs)} (allowed: ${seconds(ms)})`;
}

function lastWords({ lastWords: words }: Fleet): string {
  return words === '' ? '' : ` The last complaint of a candidate: ${words}`;
}

function succession({ from, to, tookMs, bound }: Change): Succession {
  return { from: from.name, to: to.name, tookMs, bound };
}

function tokenOf({ name, fencingToken }: Member): bigint {
  if (fencingToken === null) throw new CliError(`${name} led and reported no fencing token.`);
  return fencingToken;
}
