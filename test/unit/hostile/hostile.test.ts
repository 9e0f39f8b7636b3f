import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../../src/logging/logger.js';
import { LeaderElection } from '../../../src/election/leader-election.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { everythingShown } from '../kubernetes/support/show.js';
import { answers, lies, type Row, watchAnswers } from './answers.js';
import { ENOUGH_BYTES, HostilePeer, type Target, TOKEN } from './peer.js';

/** So many requests in any ten seconds, of whatever kind. */
const MOST_REQUESTS = 50;

/** Long enough for a lease to run out, and for what comes after that. */
const LASTS_MS = 20_000;
const STEP_MS = 50;

/** One candidate, and a server that answers one kind of its requests with nonsense. */
class Trial {
  readonly clock = new VirtualClock();
  readonly errors: Error[] = [];
  readonly logged: object[] = [];
  readonly peer: HostilePeer;
  readonly election: LeaderElection;
  /** When it led, in ms. */
  readonly led: number[] = [];

  constructor(holder: string) {
    this.peer = new HostilePeer(this.clock, holder);
    let seed = 1;
    this.election = new LeaderElection({
      lock: this.peer.lock(),
      clock: this.clock,
      random: () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647,
      onStartedLeading: null,
      onLost: 'rejoin',
      logger: this.#logger(),
    });
    for (const type of ['acquireFailed', 'renewFailed', 'watchFailed'] as const) {
      this.election.on(type, ({ error }) => this.errors.push(error));
    }
    void this.election.run();
  }

  async pass(ms: number, alsoEvery2s: () => void = () => undefined): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      if (passed % 2000 === 0) alsoEvery2s();
      await this.clock.advance(STEP_MS);
      // What is asked has been answered, and the answer read.
      for (let turns = 0; turns < 6; turns += 1) await setImmediate();
      if (this.election.isLeader()) this.led.push(this.clock.now().monotonicMs);
    }
  }

  /** What holds whatever is answered. */
  expectSound(): void {
    const times = this.peer.asked.map(({ atMs }) => atMs);
    const busiest = Math.max(
      ...times.map((from) => times.filter((at) => at >= from && at < from + 10_000).length),
    );
    expect(busiest).toBeLessThanOrEqual(MOST_REQUESTS);
    expect(this.peer.mostSent).toBeLessThan(ENOUGH_BYTES);
    for (const { message } of this.errors) {
      expect(message).toMatch(/\S.{20}/);
      expect(message.length).toBeLessThan(3000);
    }
    expect(everythingShown([this.errors, this.logged])).not.toContain(TOKEN);
    for (const error of this.errors.slice(0, 3))
      expect(everythingShown(error)).not.toContain(TOKEN);
  }

  async close(): Promise<void> {
    this.peer.hostile = null;
    void this.election.stop();
    await this.pass(500);
    this.peer.close();
  }

  #logger(): Logger {
    const log = (fields: object, message: string): void => {
      this.logged.push({ ...fields, message });
    };
    return { debug: log, info: log, warn: log, error: log };
  }
}

let trial: Trial;

afterEach(async () => {
  await trial.close();
});

/** Another holds the lock and renews it; one kind of request is answered like this. */
async function followed(target: Target, answer: Row[1]): Promise<void> {
  trial = new Trial('other');
  trial.peer.hostile = { target, answer };
  await trial.pass(LASTS_MS, () => {
    trial.peer.holdBy('other');
  });
  trial.expectSound();
  expect(trial.led).toEqual([]);
}

describe('instead of an answer to a read', () => {
  it.each(answers)('%s: no leader, no crowd of requests, and a reason', async (_, answer) => {
    await followed('read', answer);
    expect(trial.errors.length).toBeGreaterThan(0);
  });

  it.each(lies)('the lie of %s: no leader beside the one there is', async (_, answer) => {
    await followed('read', answer);
  });
});

describe('instead of an answer to a watch', () => {
  it.each([...answers, ...watchAnswers])('%s: no leader, and few requests', async (_, answer) => {
    await followed('watch', answer);
  });

  it.each(watchAnswers)('%s: nothing that a leader needs', async (_, answer) => {
    trial = new Trial('');
    trial.peer.hostile = { target: 'watch', answer };
    await trial.pass(LASTS_MS);
    trial.expectSound();
  });
});

describe('instead of an answer to a write', () => {
  it.each(answers)('%s: a candidate does not lead', async (_, answer) => {
    trial = new Trial('');
    trial.peer.hostile = { target: 'write', answer };
    await trial.pass(LASTS_MS);
    trial.expectSound();
    expect(trial.led).toEqual([]);
    expect(trial.errors.length).toBeGreaterThan(0);
  });

  it.each(answers)('%s: a leader leads to its deadline, and no longer', async (_, answer) => {
    trial = new Trial('');
    await trial.pass(1000);
    expect(trial.led).not.toEqual([]);
    const from = trial.peer.asked.length;
    trial.peer.hostile = { target: 'write', answer };
    await trial.pass(LASTS_MS);
    trial.peer.asked.splice(0, from);
    trial.expectSound();
    // The last renewal that was stored is that of the claim, or one within the first second.
    expect(trial.led.at(-1)).toBeLessThan(11_100);
    expect(trial.errors.length).toBeGreaterThan(0);
  });
});

describe('the table', () => {
  it('has at least a hundred rows', () => {
    trial = new Trial('');
    expect(new Set(answers.map(([name]) => name)).size).toBe(answers.length);
    expect(answers.length).toBeGreaterThanOrEqual(100);
  });
});
