import { setTimeout as sleep } from 'node:timers/promises';
import { FaultProxy } from '../e2e/fleet/fault-proxy.js';
import { Fleet, type Program } from '../e2e/fleet/fleet.js';
import { machineNow } from '../e2e/fleet/report.js';
import { type Timings } from '../e2e/fleet/setup.js';
import type { RunningApiServer } from '../support/api-server-types.js';
import { check, type Findings } from './checker.js';
import { LockWatch } from './lock-watch.js';

export const NAMESPACE = 'interop';

export type Side = 'ours' | 'theirs';

/** What happens to the leader, which is of the side that is named first. */
export type Plan =
  | { readonly fault: 'SIGKILL' | 'clean stop' | 'silent cut'; readonly leader: Side }
  | { readonly fault: 'rolling replacement' };

export const PLANS: readonly Plan[] = [
  ...(['SIGKILL', 'clean stop', 'silent cut'] as const).flatMap((fault): Plan[] => [
    { fault, leader: 'theirs' },
    { fault, leader: 'ours' },
  ]),
  { fault: 'rolling replacement' },
];

export interface RoundSettings {
  readonly server: RunningApiServer;
  readonly lockName: string;
  readonly kind: 'lease' | 'configmap';
  readonly program: Program;
  readonly timings: Timings;
}

/** What a busy machine and a library that waits in its own way may add to a takeover. */
const SLACK_MS = 15_000;
const ROLLING = [1, 2, 3];

export interface Played extends Findings {
  /** Nobody led at last, and these were left to. */
  readonly stuck: Side | null;
}

class NobodyLed extends Error {
  override readonly name = 'NobodyLed';
  readonly side: Side;

  constructor(side: Side, options: ErrorOptions) {
    super(`None of ${side} came to lead`, options);
    this.side = side;
  }
}

/** One round on a lock of its own, and what the checker found in it. */
export async function playRound(plan: Plan, settings: RoundSettings): Promise<Played> {
  const { server, kind, lockName, timings } = settings;
  await using round = await Round.start(settings);
  const path =
    kind === 'lease'
      ? `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/${lockName}`
      : `/api/v1/namespaces/${NAMESPACE}/configmaps/${lockName}`;
  const watch = new LockWatch(server, path);
  let stuck: Side | null = null;
  try {
    if (plan.fault === 'rolling replacement') await round.replaceAll(watch);
    else await round.faultOn(plan.leader, plan.fault, watch);
  } catch (error) {
    if (!(error instanceof NobodyLed)) throw error;
    stuck = error.side;
  } finally {
    await watch[Symbol.asyncDispose]();
  }
  const leaseMs = timings.leaseDurationSeconds * 1000;
  return { ...check(round.fleet.reports, watch.records, leaseMs, machineNow()), stuck };
}

class Round implements AsyncDisposable {
  readonly fleet: Fleet;
  readonly #settings: RoundSettings;

  private constructor(fleet: Fleet, settings: RoundSettings) {
    this.fleet = fleet;
    this.#settings = settings;
  }

  static async start(settings: RoundSettings): Promise<Round> {
    const { server, lockName: name, kind, timings } = settings;
    // Some clients write by PATCH, which the rights of our candidates leave out.
    const kubeConfigPath = await server.writeKubeConfig('admin');
    const fleet = new Fleet({ kubeConfigPath, kind, name, namespace: NAMESPACE, ...timings });
    return new Round(fleet, settings);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.fleet[Symbol.asyncDispose]();
  }

  async faultOn(
    leader: Side,
    fault: 'SIGKILL' | 'clean stop' | 'silent cut',
    watch: LockWatch,
  ): Promise<void> {
    const { server } = this.#settings;
    const other = leader === 'ours' ? 'theirs' : 'ours';
    const [first, second] = [`${leader}-1`, `${other}-1`];
    await using proxy = await FaultProxy.start(server.url);
    const behindProxy = await server.writeKubeConfig('admin', { server: proxy.url });
    await this.#start(first, fault === 'silent cut' ? behindProxy : undefined);
    await this.#nextLeader(0, leader);
    await this.#start(second);
    await this.#looked(watch);
    const at = machineNow();
    if (fault === 'SIGKILL') await this.fleet.kill(first);
    else if (fault === 'clean stop') await this.fleet.stop(first);
    else proxy.silence();
    await this.#nextLeader(at, other);
    await this.#pause(2);
    if (fault !== 'silent cut') return;
    // Whoever still believes that it leads learns the truth now, or never.
    proxy.heal();
    await this.#pause(4);
  }

  /** From three of theirs to three of ours and back, the new one first and then the old one's end. */
  async replaceAll(watch: LockWatch): Promise<void> {
    for (const index of ROLLING) await this.#start(`theirs-${index}`);
    await this.#nextLeader(0, 'theirs');
    await this.#replace('theirs', ROLLING, 'ours', ROLLING, watch);
    const again = ROLLING.map((index) => index + ROLLING.length);
    await this.#replace('ours', ROLLING, 'theirs', again, watch);
    await this.#pause(2);
  }

  async #replace(
    old: Side,
    oldIndexes: readonly number[],
    next: Side,
    nextIndexes: readonly number[],
    watch: LockWatch,
  ): Promise<void> {
    for (const [position, index] of oldIndexes.entries()) {
      await this.#start(`${next}-${nextIndexes[position]}`);
      await this.#looked(watch);
      const leaves = `${old}-${index}`;
      const led = this.fleet.leaders().includes(leaves);
      const at = machineNow();
      await this.fleet.stop(leaves);
      // While both are there, ours has to see to it that somebody leads.
      const last = position === oldIndexes.length - 1;
      if (led) await this.#nextLeader(at, last ? next : 'ours');
    }
  }

  #start(who: string, kubeConfigPath?: string): Promise<void> {
    const program = who.startsWith('ours-') ? null : this.#settings.program;
    return this.fleet.start(who, kubeConfigPath === undefined ? {} : { kubeConfigPath }, program);
  }

  /** @throws NobodyLed where nobody leads in time; `side` names whoever could */
  async #nextLeader(since: number, side: Side): Promise<void> {
    const { leaseDurationSeconds, retryPeriodSeconds } = this.#settings.timings;
    const withinMs = (leaseDurationSeconds + 2.2 * retryPeriodSeconds) * 1000 + SLACK_MS;
    try {
      await this.fleet.nextLeader(since, withinMs);
    } catch (cause) {
      throw new NobodyLed(side, { cause });
    }
  }

  /** Resolves after three renewals: by then a newcomer has read the lock. */
  async #looked(watch: LockWatch): Promise<void> {
    const goal = watch.records.length + 3;
    const until = machineNow() + SLACK_MS;
    while (watch.records.length < goal && machineNow() < until) await sleep(50);
  }

  #pause(retryPeriods: number): Promise<void> {
    return sleep(retryPeriods * this.#settings.timings.retryPeriodSeconds * 1000);
  }
}
