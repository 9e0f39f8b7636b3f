import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ElectionNews } from '../../../machines/types.js';
import type { Outcome } from '../../../src/config/leader-election-config.js';
import type { LeaderElection } from '../../../src/election/leader-election.js';
import type { Term } from '../../../src/term/term.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { Candidate, type Options } from './support/candidate.js';

/* `await election.stop()` in a callback of the same election: it must not wait for itself. */
const obey = (term: Term): Promise<unknown> =>
  new Promise((resolve) => {
    term.signal.addEventListener('abort', resolve);
  });

/** How far a callback has come that stops the election and goes on after that. */
class Stopping {
  stopped: Outcome | undefined;
  /** Set by the test when there is an election. */
  election!: LeaderElection;

  readonly now = async (): Promise<void> => {
    this.stopped ??= await this.election.stop();
  };

  /** Not at once: the callback has awaited something before, and is deep in some function. */
  readonly later = async (): Promise<void> => {
    await settle();
    await (async () => {
      await Promise.resolve();
      await this.now();
    })();
  };
}

const callbacks: Readonly<Record<string, (stopping: () => Promise<void>) => Options>> = {
  onStartedLeading: (stopping) => ({ onStartedLeading: stopping }),
  onStoppedLeading: (stopping) => ({
    releaseWhenDone: true,
    onStartedLeading: () => undefined,
    onStoppedLeading: stopping,
  }),
  onNewLeader: (stopping) => ({ onStartedLeading: obey, onNewLeader: stopping }),
};

describe.each(Object.entries(callbacks))('stop() awaited in %s', (_, options) => {
  it.each(['now', 'later'] as const)(
    'comes back, called %s, and the lock is released',
    async (when) => {
      const stopping = new Stopping();
      const c = new Candidate(options(stopping[when]));
      stopping.election = c.election;
      await c.allowRelease(await c.leads());
      expect(stopping.stopped).toMatchObject({ led: true });
      expect(c.outcome).toMatchObject({ led: true, released: true, workFinished: true });
      expect(c.clock.now().monotonicMs).toBe(0);
      expect(c.clock.pendingTimers).toBe(0);
    },
  );
});

describe('stop() awaited in a listener', () => {
  const types: ElectionNews['type'][] = ['startedLeading', 'newLeader', 'stateChanged'];

  it.each(types)('of %s comes back, and the lock is released', async (type) => {
    const c = new Candidate({ onStartedLeading: obey });
    let stopped: Outcome | undefined;
    c.election.on(type, () => {
      void (async () => {
        if (c.election.isLeader()) stopped ??= await c.election.stop();
      })();
    });
    await c.allowRelease(await c.leads());
    expect(stopped).toMatchObject({ reason: 'stopped', released: true });
    expect(c.clock.now().monotonicMs).toBe(0);
  });
});

describe('stop() awaited in onOverrun', () => {
  it('comes back while the work goes on', async () => {
    let stopped: Outcome | undefined;
    const c: Candidate = new Candidate({
      onLost: 'rejoin',
      onOverrun: async () => {
        stopped = await c.election.stop();
      },
    });
    await c.leads();
    await c.clock.advance(15_000);
    expect(stopped).toMatchObject({ reason: 'deadline', workFinished: false });
  });
});

describe('stop() awaited in the work', () => {
  it('comes back once the term has been told to end, with the outcome as it stands', async () => {
    const seen: unknown[] = [];
    const c: Candidate = new Candidate({
      onStartedLeading: async (term) => {
        const outcome = await c.election.stop();
        seen.push(outcome, term.signal.aborted, c.election.isLeader());
        return c.newWork(term);
      },
    });
    const claim = await c.leads();
    expect(seen).toEqual([
      { reason: 'stopped', led: true, released: false, workFinished: false },
      true,
      true,
    ]);
    expect(c.election.state).toBe('draining');
    expect(c.outcome).toBeUndefined();
    await c.finishWork();
    await c.allowRelease(claim);
    expect(c.outcome).toMatchObject({ reason: 'stopped', released: true, workFinished: true });
  });

  it('comes back in lead(), and at the end of a scope', async () => {
    const c = new Candidate({ onStartedLeading: null });
    const result = c.election.lead(async () => {
      await c.election[Symbol.asyncDispose]();
      return 'done';
    });
    await c.answer('get', c.lock.free());
    await c.allowRelease(await c.lock.commit());
    expect(await result).toBe('done');
  });

  it('comes back where the work of an election is the work of another one', async () => {
    let within: Promise<unknown> | undefined;
    const outer = new Candidate({
      onStartedLeading: async () => {
        let stopped: Promise<Outcome> | undefined;
        const inner = new Candidate({
          onStartedLeading: () => (stopped = outer.election.stop()),
        });
        within = inner.leads();
        await within;
        await stopped;
      },
    });
    const claim = await outer.leads();
    await within;
    await outer.allowRelease(claim);
    expect(outer.outcome).toMatchObject({ reason: 'stopped', released: true });
  });
});

describe('stop() awaited elsewhere waits for the end', () => {
  /** Stops the election, and is told when that has come back. */
  async function expectToWait(c: Candidate, stop: (then: () => void) => unknown): Promise<void> {
    let back = false;
    stop(() => (back = true));
    await settle();
    expect(c.election.state).toBe('draining');
    expect(back).toBe(false);
    await c.finishWork();
    await c.lock.commit();
    expect(back).toBe(true);
  }

  it('though the work has asked for it before', async () => {
    const c: Candidate = new Candidate({
      onStartedLeading: async (term) => {
        await c.election.stop();
        return c.newWork(term);
      },
    });
    await c.leads();
    await expectToWait(c, (then) => c.election.stop().then(then));
  });

  it('in a handler that the work has registered', async () => {
    const signals = new EventEmitter();
    const c: Candidate = new Candidate({
      onStartedLeading: (term) => {
        signals.once('SIGTERM', (then: () => void) => void c.election.stop().then(then));
        return c.newWork(term);
      },
    });
    await c.leads();
    await expectToWait(c, (then) => signals.emit('SIGTERM', then));
  });

  it('in what the work has set going, and which outlives it', async () => {
    const c: Candidate = new Candidate({
      onStartedLeading: () => {
        void settle()
          .then(settle)
          .then(() => c.election.stop())
          .then(() => c.log.push('back'));
      },
      onStoppedLeading: () => c.newWork(c.election.term!),
    });
    await c.leads();
    await settle();
    await settle();
    expect(c.election.state).toBe('draining');
    expect(c.log).not.toContain('back');
    await c.finishWork();
    await c.lock.commit();
    expect(c.log).toContain('back');
  });
});
