import { describe, expect, it } from 'vitest';
import { Collector } from '../../src/inspect/collector.js';
import {
  History,
  lastStepWith,
  momentBeside,
  remainingAt,
  silentFor,
  stepAt,
  termsUntil,
} from '../../src/inspect/page/history.js';
import {
  enteredSince,
  leavesOf,
  mainLeafOf,
  newsText,
  pathText,
} from '../../src/inspect/page/words.js';
import { infoOf, pageMessage, stepAtTime, stepReport } from './support/reports.js';

const leads = (fencingToken: string, beganMsAgo = 0) => ({
  leads: true,
  term: { fencingToken, beganMsAgo },
});

describe('what a page remembers', () => {
  it('puts reports of several processes in the order of time, though they come in turn', () => {
    const history = new History();
    const told = [infoOf('a'), infoOf('b')].map((info) => ({
      kind: 'candidate' as const,
      info,
      t: 0,
    }));
    history.apply(pageMessage([...told, stepAtTime(5, 'b'), stepAtTime(9, 'b')]));
    history.apply(pageMessage([stepAtTime(3, 'a'), stepAtTime(7, 'a'), stepAtTime(1, 'unknown')]));
    expect(history.steps.map(({ t }) => t)).toEqual([3, 5, 7, 9]);
    expect(history.candidate('a')?.steps.map(({ t }) => t)).toEqual([3, 7]);
    history.apply(pageMessage([], true));
    expect([history.steps, history.candidates]).toEqual([[], []]);
  });

  it('knows where a candidate stood at any moment, and how much of a countdown was left', () => {
    const wait = { delay: 'retryPeriod', totalMs: 2000, remainingMs: 1500 };
    const steps = [stepAtTime(10, 'a'), stepAtTime(20, 'a', { state: 'leading', waits: [wait] })];
    expect(stepAt(steps, 9)).toBeNull();
    expect(stepAt(steps, 10)?.view.state).toBe('idle');
    expect(stepAt(steps, 19.9)?.view.state).toBe('idle');
    expect(stepAt(steps, 20)?.view.state).toBe('leading');
    expect(remainingAt(wait, steps[1]!, 20)).toBe(1500);
    expect(remainingAt(wait, steps[1]!, 1519)).toBe(1);
    expect(remainingAt(wait, steps[1]!, 1520)).toBe(0);
    expect(remainingAt(wait, steps[1]!, 9999)).toBe(0);
    expect(lastStepWith(steps, 99, ({ view }) => view.state === 'idle')?.t).toBe(10);
  });

  it('goes from moment to moment, past steps that were taken at the same one', () => {
    const steps = [1, 2, 2, 2, 5].map((t) => stepAtTime(t, 'a'));
    const from = (by: 1 | -1) => [0, 1, 2, 3, 5, Infinity].map((t) => momentBeside(steps, t, by));
    expect(from(-1)).toEqual([1, 1, 1, 1, 2, 2]);
    expect(from(1)).toEqual([1, 2, 5, 5, 5, 5]);
    expect(momentBeside([], 1, -1)).toBeNull();
  });

  it('finds the terms: begun before they were observed, one after another, and still on', () => {
    const steps = [
      stepAtTime(100, 'a', leads('7', 60)),
      stepAtTime(150, 'a', leads('7', 110)),
      stepAtTime(200, 'a', { endReason: 'deadline' }),
      stepAtTime(300, 'a', leads('9')),
    ];
    const first = { fencingToken: '7', from: 40, to: 200, endReason: 'deadline' };
    expect(termsUntil(steps, 160)).toEqual([{ ...first, to: null, endReason: null }]);
    expect(termsUntil(steps, 299)).toEqual([first]);
    expect(termsUntil(steps, 999)).toEqual([
      first,
      { fencingToken: '9', from: 300, to: null, endReason: null },
    ]);
  });

  it('has it among the news when somebody is gone without a word, and never as a step', () => {
    const history = new History();
    const told = { kind: 'candidate' as const, info: infoOf('a'), t: 0 };
    const gone = { kind: 'gone' as const, candidate: 'a', vanished: true, t: 7 };
    history.apply(pageMessage([told, stepAtTime(5, 'a', leads('7')), gone, stepAtTime(9, 'b')]));
    expect(history.steps).toHaveLength(1);
    const [, parting] = history.happenings;
    expect(parting).toMatchObject({ t: 7, wallMs: 2, candidate: 'a' });
    expect(parting?.news.map(newsText)).toEqual([
      { text: expect.stringMatching(/^Gone while it led/), tone: 'bad' },
    ]);
  });

  it('takes a candidate for silent when a delay that it waits for is long past', () => {
    const waits = [
      { delay: 'retryPeriod', totalMs: 1000, remainingMs: 1000 },
      { delay: 'renewDeadline', totalMs: 9000, remainingMs: 9000 },
    ];
    const candidate = { info: infoOf('a'), index: 0, goneAt: null, vanished: false };
    const steps = [stepAtTime(0, 'a', { waits })];
    expect(silentFor({ ...candidate, steps }, 3000)).toBe(0);
    expect(silentFor({ ...candidate, steps }, 3001)).toBe(2001);
    expect(silentFor({ ...candidate, steps, goneAt: 2 }, 9000)).toBe(0);
    expect(silentFor({ ...candidate, steps: [stepAtTime(0, 'a')] }, 9000)).toBe(0);
  });
});

describe('what the server remembers', () => {
  it('keeps the latest steps of each candidate, and all that still matters of it', () => {
    let now = 0;
    const collector = new Collector(() => (now += 1));
    collector.report({ kind: 'candidate', info: infoOf('a') });
    for (let more = 0; more < 5000; more += 1) collector.report(stepReport('a'));
    const history = collector.history();
    expect(history.length).toBeLessThanOrEqual(1001);
    expect(history[0]).toMatchObject({ kind: 'candidate', t: 1 });
    expect(history.at(-1)).toMatchObject({ kind: 'step', t: 5001 });
  });

  it('forgets candidates that have gone, when there are too many, before those that are there', () => {
    const collector = new Collector();
    collector.report({ kind: 'candidate', info: infoOf('there') });
    for (let more = 0; more < 100; more += 1) {
      collector.report({ kind: 'candidate', info: infoOf(`gone-${more}`) });
      collector.report({ kind: 'gone', candidate: `gone-${more}` });
    }
    expect(collector.candidates).toHaveLength(64);
    expect(collector.candidates[0]?.id).toBe('there');
  });

  it('is the same as what a page does that has been open all the time, whatever came and went', () => {
    const collector = new Collector(() => 1000);
    const page = new History();
    collector.listen((report) => {
      page.apply(collector.message([report]));
    });
    const there = Array.from({ length: 100 }, (_, index) => `there-${index}`);
    for (const id of there) collector.report({ kind: 'candidate', info: infoOf(id) });
    for (let more = 0; more < 1000; more += 1) {
      const id = `gone-${more}`;
      collector.report({ kind: 'candidate', info: infoOf(id) });
      collector.report(stepReport(id));
      collector.report({ kind: 'gone', candidate: id });
    }
    const ids = page.candidates.map(({ info }) => info.id);
    expect(ids).toEqual(collector.candidates.map(({ id }) => id));
    expect(ids).toEqual(expect.arrayContaining(there));
    expect(ids.length).toBeLessThan(110);
    expect(page.steps.map(({ candidate }) => candidate)).toEqual(ids.slice(there.length));
    for (let more = 0; more < 1000; more += 1) {
      collector.report({ kind: 'candidate', info: infoOf(`more-${more}`) });
    }
    expect(collector.candidates).toHaveLength(500);
    expect(page.candidates).toHaveLength(500);
  });

  it('is no more in all of many candidates than of some', () => {
    const collector = new Collector();
    const ids = Array.from({ length: 200 }, (_, index) => `one-${index}`);
    for (const id of ids) collector.report({ kind: 'candidate', info: infoOf(id) });
    for (let count = 0; count < 200; count += 1)
      ids.forEach((id) => collector.report(stepReport(id)));
    expect(collector.history().length).toBeLessThanOrEqual(20_200);
  });

  it('dates what is reported late by its age', () => {
    const collector = new Collector(() => 1000);
    collector.report({ kind: 'candidate', info: infoOf('a') });
    collector.add(stepReport('a'), 300);
    const told = collector.history();
    expect(told.map(({ kind, t }) => [kind, t])).toEqual([
      ['candidate', 1000],
      ['step', 700],
    ]);
    const history = new History();
    history.apply(pageMessage(told));
    expect(history.candidate('a')?.steps).toHaveLength(1);
  });

  it('leaves what one candidate reports in its order, though some of it travelled longer', () => {
    let now = 1000;
    const collector = new Collector(() => now);
    collector.report({ kind: 'candidate', info: infoOf('a') });
    collector.add(stepReport('a'), 0);
    now = 1010;
    // Happened later, but arrived so fast that by its age it seems to be the earlier of the two.
    collector.add(stepReport('a', leads('7')), 12);
    collector.add(stepReport('a', leads('7')), 0);
    const steps = collector.history().filter((report) => report.kind === 'step');
    expect(steps.map(({ t, view }) => [t, view.leads])).toEqual([
      [1000, false],
      [1000, true],
      [1010, true],
    ]);
    expect(termsUntil(steps, 2000).map(({ fencingToken }) => fencingToken)).toEqual(['7']);
  });
});

describe('the words of the page', () => {
  it('tell failures from what only sounds like one', () => {
    const failed = { type: 'acquireFailed', details: { error: 'x', kind: 'network' } };
    expect(newsText(failed)).toEqual({ text: 'A try to take the lock failed: x', tone: 'bad' });
    const lostRace = { ...failed, details: { error: 'x', kind: 'conflict' } };
    expect(newsText(lostRace)?.tone).toBe('plain');
    expect(newsText({ type: 'stoppedLeading', details: { reason: 'stopped' } })?.tone).toBe(
      'plain',
    );
    expect(newsText({ type: 'stoppedLeading', details: { reason: 'deadline' } })?.tone).toBe('bad');
    expect(newsText({ type: 'newKind', details: {} })?.text).toBe('newKind');
  });

  it('name the innermost of the active states', () => {
    expect(leavesOf(['a', 'a.b', 'a.b.c', 'a.d'])).toEqual(['a.b.c', 'a.d']);
  });

  it('says of states side by side what a reader looks for', () => {
    const elected = ['participating', 'participating.elected'];
    const inside = (...states: string[]) => [
      ...elected,
      ...['deadline.counting', ...states].map((state) => `participating.elected.${state}`),
    ];
    const leading = { state: 'leading', active: inside('lease.leading', 'work.running') };
    const renewing = {
      state: 'renewing',
      active: inside('lease.renewing', 'lease.renewing.writing', 'work.running'),
    };
    const ended = { state: 'draining', active: inside('lease.renewing.writing', 'work.ended') };

    expect([leading, renewing, ended].map(mainLeafOf).map(pathText)).toEqual([
      'lease › leading',
      'lease › renewing › writing',
      'work › ended',
    ]);
    expect(enteredSince(null, leading)).toHaveLength(3);
    expect(enteredSince(leading, renewing).map(pathText)).toEqual(['lease › renewing › writing']);
    expect(enteredSince(leading, leading)).toEqual([]);
    expect(pathText('participating')).toBe('participating');
  });
});
