import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import {
  ConfigMapLock,
  LeaderElection,
  LeaseLock,
  MultiLock,
  type ResourceLock,
} from '../../src/index.js';
import { ensurePythonClient } from '../peers/python/build.js';
import { describeWithPython } from '../peers/python/describe-with-python.js';
import { PythonCandidate } from '../peers/python/python-candidate.js';
import type { RunningApiServer } from '../support/api-server-types.js';
import { report } from '../support/progress.js';

// The procedure of docs/locks.md, from Python candidates on a ConfigMap to ours on a Lease and back.

const NAMESPACE = 'migration';
const NAME = 'data-processor';
const TIMINGS = { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 };
const LEASE_MS = TIMINGS.leaseDurationSeconds * 1000;
const SAMPLE_MS = 5;
/** A lease is counted from a renewal; whoever is killed just after one is succeeded by two writes later. */
const TAKING_MS = 1000;

vi.setConfig({ testTimeout: 240_000 });

/** Someone of the fleet, whatever runs in it. */
interface Member {
  readonly who: string;
  leads(): boolean;
  /** It ends as a pod does in a rolling update. */
  end(): Promise<void>;
}

/** Who leads, looked at every few milliseconds. */
class Lookout {
  readonly members = new Set<Member>();
  readonly overlaps: string[] = [];
  readonly leaders: string[] = [];
  longestGapMs = 0;
  #nobodySince: number | null = null;
  readonly #timer = setInterval(() => {
    this.look();
  }, SAMPLE_MS);

  end(): void {
    clearInterval(this.#timer);
  }

  get leader(): Member | undefined {
    return [...this.members].find((member) => member.leads());
  }

  /** Between two looks of the timer a hand-over or two may pass. */
  look(): void {
    const leading = [...this.members].filter((member) => member.leads()).map(({ who }) => who);
    if (leading.length > 1) this.overlaps.push(leading.join(' and '));
    const now = performance.now();
    const [who] = leading;
    if (who === undefined) {
      this.#nobodySince ??= now;
      return;
    }
    if (this.#nobodySince !== null && this.leaders.length > 0) {
      this.longestGapMs = Math.max(this.longestGapMs, now - this.#nobodySince);
    }
    this.#nobodySince = null;
    if (this.leaders.at(-1) !== who) this.leaders.push(who);
  }
}

async function hasLeader(lookout: Lookout): Promise<void> {
  const look = (): void => {
    lookout.look();
    expect(lookout.leader).toBeDefined();
  };
  await vi.waitFor(look, { timeout: 60_000, interval: 20 });
}

describeWithPython('moving from a ConfigMap of Python to a Lease', describeMoving);

function describeMoving(server: () => RunningApiServer): void {
  let python = '';
  let kubeConfigPath = '';
  const running: AsyncDisposable[] = [];

  beforeAll(async () => {
    python = await ensurePythonClient();
    await server().createNamespace(NAMESPACE);
    kubeConfigPath = await server().writeKubeConfig('candidate');
  });

  afterEach(async () => {
    for (const one of running.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });

  async function fromPython(who: string): Promise<Member> {
    const lock = { kind: 'configmap', name: NAME, namespace: NAMESPACE, who } as const;
    const settings = { ...lock, ...TIMINGS, kubeConfigPath, work: 'goes on' } as const;
    const candidate = new PythonCandidate(python, settings);
    running.push(candidate);
    let ended = false;
    await Promise.resolve();
    return {
      who,
      leads: () =>
        !ended && candidate.told.includes('started') && !candidate.told.includes('stopped'),
      // It releases nothing, however it ends.
      end: async () => {
        ended = true;
        await candidate[Symbol.asyncDispose]();
      },
    };
  }

  function ours(who: string, lockOf: (kubeConfig: KubeConfig) => ResourceLock): Member {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server().kubeConfig('candidate'));
    const election = new LeaderElection({
      lock: lockOf(kubeConfig),
      ...TIMINGS,
      onStartedLeading: null,
      onLost: 'rejoin',
      logger: false,
    });
    running.push(election);
    void election.run();
    return {
      who,
      leads: () => election.isLeader(),
      end: () => election.stop().then(() => undefined),
    };
  }

  const options = (kubeConfig: KubeConfig, identity: string) => ({
    name: NAME,
    namespace: NAMESPACE,
    identity,
    kubeConfig,
  });
  const onBoth = (who: string): Member =>
    ours(who, (kubeConfig) => {
      const both = options(kubeConfig, who);
      return new MultiLock([new ConfigMapLock(both), new LeaseLock(both)]);
    });
  const onLease = (who: string): Member =>
    ours(who, (kubeConfig) => new LeaseLock(options(kubeConfig, who)));
  const onConfigMap = (who: string): Member =>
    ours(who, (kubeConfig) => new ConfigMapLock(options(kubeConfig, who)));

  /** One after the other, the leader last of all but one: so the lock changes hands in the middle. */
  async function replaceAll(
    lookout: Lookout,
    start: (who: string) => Member | Promise<Member>,
    name: string,
  ): Promise<void> {
    const before = [...lookout.members];
    const { leader } = lookout;
    before.sort((a, b) => Number(a === leader) - Number(b === leader));
    for (const [i, member] of before.entries()) {
      lookout.members.add(await start(`${name}-${i + 1}`));
      await member.end();
      lookout.members.delete(member);
      await hasLeader(lookout);
    }
  }

  it('has no two leaders, none missing for longer than a lease and a take', async () => {
    const lookout = new Lookout();
    running.push({
      [Symbol.asyncDispose]: async () => {
        lookout.end();
        await Promise.resolve();
      },
    });
    for (const who of ['python-1', 'python-2', 'python-3']) {
      lookout.members.add(await fromPython(who));
    }
    await hasLeader(lookout);
    const gaps: string[] = [];
    const step = async (
      start: (who: string) => Member | Promise<Member>,
      name: string,
    ): Promise<void> => {
      lookout.longestGapMs = 0;
      await replaceAll(lookout, start, name);
      gaps.push(`${name} ${(lookout.longestGapMs / 1000).toFixed(2)} s`);
      expect(lookout.longestGapMs).toBeLessThanOrEqual(LEASE_MS + TAKING_MS);
    };
    await step(onBoth, 'both');
    await step(onLease, 'lease');
    // And all the way back.
    await step(onBoth, 'both-again');
    await step(onConfigMap, 'configmap');
    lookout.end();
    report(`moving to a Lease and back: no leader for at most: ${gaps.join(', ')}`);
    expect(lookout.overlaps).toEqual([]);
    expect(lookout.leaders.some((who) => who.startsWith('python'))).toBe(true);
    expect(lookout.leaders.some((who) => who.startsWith('both-'))).toBe(true);
    expect(lookout.leaders.some((who) => who.startsWith('lease'))).toBe(true);
    expect(lookout.leaders.some((who) => who.startsWith('configmap'))).toBe(true);
  });
}
