import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createActor } from 'xstate';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors/config-error.js';
import { leaderElectionMachine } from '../../machines/leader-election.js';
import { Attachments } from '../../src/inspect/attachments.js';
import { LeaderElection } from '../../src/election/leader-election.js';
import type { Report, StepReport } from '../../src/inspect/wire.js';
import { settle } from '../../src/testing/virtual-clock.js';
import { InMemoryLockStore } from '../../src/testing/in-memory-lock.js';
import { Candidate } from '../unit/election/support/candidate.js';
import { toyMachine } from '../unit/inspect/toy-machine.js';

class Notebook {
  readonly reports: Report[] = [];
  readonly attachments = new Attachments(this);

  report(report: Report): void {
    this.reports.push(report);
  }

  get steps(): StepReport[] {
    return this.reports.flatMap((report) => (report.kind === 'step' ? [report] : []));
  }

  get states(): string[] {
    return this.steps.map(({ view }) => view.state);
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('an election that is observed', () => {
  it('is reported from its first step to its last, with what happened beside', async () => {
    const notebook = new Notebook();
    const candidate = new Candidate();
    notebook.attachments.attach(candidate.election);
    const held = await candidate.leads();
    await candidate.stop();
    await candidate.finishWork();
    await candidate.allowRelease(held);
    await settle();
    const order = [...new Set(notebook.states)];
    expect(order).toEqual(['idle', 'acquiring', 'leading', 'draining', 'releasing', 'stopped']);
    expect(notebook.reports.at(0)).toMatchObject({ kind: 'candidate', info: { identity: 'me' } });
    expect(notebook.reports.at(-1)).toMatchObject({ kind: 'gone' });
    const news = notebook.steps.flatMap((step) => step.news.map(({ type }) => type));
    expect(news).toEqual(
      expect.arrayContaining(['newLeader', 'startedLeading', 'draining', 'released', 'ended']),
    );
    const { view } = notebook.steps.at(-1)!;
    expect(view).toMatchObject({ status: 'done', leads: false, leader: null, lock: 'released' });
  });

  it('is let go when it is over and nobody has it any more, attached to before or after', async () => {
    const notebook = new Notebook();
    const elections: WeakRef<LeaderElection>[] = [];
    const one = async (attachLate: boolean): Promise<void> => {
      const lock = new InMemoryLockStore().lock('me');
      const onStartedLeading = (): void => undefined;
      const options = { lock, onStartedLeading, releaseWhenDone: true, logger: false } as const;
      const election = new LeaderElection(options);
      if (!attachLate) notebook.attachments.attach(election);
      await election.run();
      notebook.attachments.attach(election);
      elections.push(new WeakRef(election));
    };
    for (let count = 0; count < 20; count += 1) await one(count % 2 === 0);
    expect(notebook.reports.filter(({ kind }) => kind === 'gone')).toHaveLength(20);
    await expect
      .poll(() => {
        collectGarbage();
        return elections.filter((election) => election.deref() !== undefined).length;
      })
      .toBeLessThan(2);
  });

  it('is not observed any more when the observer has been closed, run again or not', async () => {
    const notebook = new Notebook();
    const lock = new InMemoryLockStore().lock('me');
    const election = new LeaderElection({ lock, onStartedLeading: null, logger: false });
    notebook.attachments.attach(election);
    await election.acquire();
    notebook.attachments.close();
    const { length } = notebook.reports;
    await election.stop();
    await election.acquire();
    await election.stop();
    expect(notebook.reports).toHaveLength(length);
  });

  it('is shown whole when it is attached to late', async () => {
    const notebook = new Notebook();
    const candidate = new Candidate();
    await candidate.renews();
    notebook.attachments.attach(candidate.election, { name: 'pod-1' });
    expect(notebook.reports[0]).toMatchObject({ kind: 'candidate', info: { name: 'pod-1' } });
    expect(notebook.steps).toHaveLength(1);
    expect(notebook.steps[0]?.view).toMatchObject({
      state: 'renewing',
      active: [
        'participating',
        'participating.elected',
        'participating.elected.deadline',
        'participating.elected.deadline.counting',
        'participating.elected.lease',
        'participating.elected.lease.renewing',
        'participating.elected.lease.renewing.writing',
        'participating.elected.work',
        'participating.elected.work.running',
      ],
      leads: true,
      leader: 'me',
      lock: 'held',
      record: { holderIdentity: 'me', leaseDurationSeconds: 15 },
      term: { beganMsAgo: 2000 },
      // The write was sent, and answered, at 0 s; now it is 2 s.
      rings: [
        { delay: 'retryPeriod', totalMs: 2000, remainingMs: 0 },
        { delay: 'renewDeadline', totalMs: 10_000, remainingMs: 8000 },
        { delay: 'leaseDuration', totalMs: 15_000, remainingMs: 13_000 },
      ],
    });
  });

  it('names the transitions that were taken and the delays that are waited for', async () => {
    const notebook = new Notebook();
    const candidate = new Candidate();
    notebook.attachments.attach(candidate.election);
    await candidate.leads();
    const leading = notebook.steps.at(-1)!;
    expect(leading.view.waits).toContainEqual({
      delay: 'retryPeriod',
      totalMs: 2000,
      remainingMs: expect.any(Number),
    });
    await candidate.clock.advance(2000);
    const step = notebook.steps.find(({ view }) => view.state === 'renewing');
    expect(step?.eventText).toBe('after retryPeriod');
    expect(step?.transitions).toEqual([
      expect.stringMatching(/^participating\.elected\.lease\.leading#/),
    ]);
  });

  it('stays the same candidate when its election runs again', async () => {
    const notebook = new Notebook();
    const candidate = new Candidate();
    notebook.attachments.attach(candidate.election);
    await candidate.run();
    await candidate.stop();
    await candidate.run();
    const ids = notebook.reports.flatMap((one) => (one.kind === 'candidate' ? [one.info.id] : []));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(notebook.states.at(-1)).toBe('acquiring');
  });

  it('is attached to once, however often that is asked for, and not at all after the end', async () => {
    const notebook = new Notebook();
    const candidate = new Candidate();
    const detach = notebook.attachments.attach(candidate.election);
    notebook.attachments.attach(candidate.election);
    notebook.attachments.attach(candidate.election.actor);
    expect(notebook.steps).toHaveLength(1);
    detach();
    expect(notebook.reports.at(-1)?.kind).toBe('gone');
    const before = notebook.reports.length;
    await candidate.leads();
    expect(notebook.reports).toHaveLength(before);
    expect(candidate.election.isLeader()).toBe(true);
  });

  it('leads on undisturbed while every report fails', async () => {
    let isBroken = false;
    const attachments = new Attachments({
      report: () => {
        if (isBroken) throw new Error('a fault of the viewer');
      },
    });
    const candidate = new Candidate();
    attachments.attach(candidate.election);
    isBroken = true;
    await candidate.leads();
    await candidate.clock.advance(2000);
    await candidate.lock.commit();
    expect(candidate.election.isLeader()).toBe(true);
    expect(candidate.election.state).toBe('leading');
  });

  it('is not asked questions that would end a term before the chart does', async () => {
    const notebook = new Notebook();
    const candidate = new Candidate();
    await candidate.leads();
    // The process stood still past the deadline, and its timers have not fired yet.
    candidate.clock.freeze(11_000);
    notebook.attachments.attach(candidate.election);
    expect(candidate.election.actor.getSnapshot().context.term?.hasEnded).toBe(false);
    expect(notebook.steps[0]?.view.rings[1]).toMatchObject({ remainingMs: 0 });
  });
});

describe("an application's own interpreter", () => {
  const input = () => ({
    lock: new InMemoryLockStore().lock('me'),
    onStartedLeading: null,
    logger: false as const,
  });

  it('is observed by an inspect handler from its start', async () => {
    const notebook = new Notebook();
    const { inspect } = notebook.attachments;
    const actor = createActor(leaderElectionMachine, { input: input(), inspect });
    actor.start();
    actor.send({ type: 'start' });
    await expect.poll(() => notebook.steps.at(-1)?.event).toBe('xstate.done.actor.work');
    expect(notebook.states.at(-1)).toBe('leading');
    expect(notebook.states[0]).toBe('idle');
    const events = notebook.steps.map(({ event }) => event);
    expect(events.filter((event) => event !== '')).toEqual([
      'xstate.init',
      'start',
      'xstate.done.actor.readLock',
      'xstate.done.actor.claim',
      'xstate.done.actor.work',
    ]);
    actor.stop();
    expect(notebook.reports.at(-1)?.kind).toBe('gone');
  });

  it('can be attached to later, with other implementations provided too', () => {
    const notebook = new Notebook();
    const machine = leaderElectionMachine.provide({ actions: { announceStart: () => undefined } });
    const actor = createActor(machine, { input: input() }).start();
    notebook.attachments.attach(actor);
    actor.send({ type: 'start' });
    const step = notebook.steps.at(-1);
    expect(step?.transitions).toEqual([expect.stringMatching(/^idle#/)]);
    actor.stop();
  });

  it('of another machine is refused, and not observed by the handler', () => {
    const notebook = new Notebook();
    const { inspect } = notebook.attachments;
    const actor = createActor(toyMachine, { inspect }).start();
    expect(() => notebook.attachments.attach(actor as never)).toThrow(ConfigError);
    expect(() => notebook.attachments.attach(null as never)).toThrow(ConfigError);
    expect(notebook.reports).toEqual([]);
  });
});
