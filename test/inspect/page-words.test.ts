import { describe, expect, it } from 'vitest';
import { cardWords } from '../../src/inspect/page/card-words.js';
import type { Candidate } from '../../src/inspect/page/history.js';
import { labels, listed, shortNames } from '../../src/inspect/page/names.js';
import { newsRows } from '../../src/inspect/page/news.js';
import { standingOf } from '../../src/inspect/page/standing.js';
import { lasting, lockText } from '../../src/inspect/page/words.js';
import type { CandidateView, NewsView } from '../../src/inspect/wire.js';
import { infoOf, stepReport, viewOf } from './support/reports.js';

describe('names', () => {
  it('are shortened in the middle, so that what differs stays', () => {
    const pods = ['x2x9z', 'abcde', 'qq7wv'].map((end) => `data-processor-7d4b9c6f5-${end}`);
    expect([...shortNames(pods, 18).values()]).toEqual([
      'data-process…x2x9z',
      'data-process…abcde',
      'data-process…qq7wv',
    ]);
    expect([...shortNames(pods.slice(0, 1), 18).values()]).toEqual(['data-process…x2x9z']);
    const two = ['api-7d4b9c6f5-abcde-of-one', 'worker-5f6c9b4d7-fghij-of-two'];
    const short = [...shortNames(two, 12).values()];
    expect(short.every((name) => name.length <= 12)).toBe(true);
    expect(new Set(short).size).toBe(2);
    expect(shortNames(['ada', 'bob'], 18).get('ada')).toBe('ada');
  });

  it('stay different, if need be at a greater length', () => {
    const alike = ['a', 'b'].map((one) => `${'x'.repeat(20)}${one}${'y'.repeat(20)}`);
    const short = [...shortNames(alike, 10).values()];
    expect(new Set(short).size).toBe(2);
    const many = Array.from({ length: 40 }, (_, at) => `replica-${at}-${'z'.repeat(30)}`);
    expect(new Set(shortNames(many, 12).values()).size).toBe(40);
  });

  it('lose what only makes an identity unique, unless it is all that differs', () => {
    const id = (pod: string, end: string): string => `${pod}_${end}-0000-4000-8000-000000000000`;
    const pods = [id('pod-a', '11111111'), id('pod-b', '22222222')];
    expect([...shortNames(pods, 18).values()]).toEqual(['pod-a', 'pod-b']);
    const same = [id('pod', '11111111'), id('pod', '22222222')];
    expect(new Set(shortNames(same, 18).values()).size).toBe(2);
    const names = labels([{ name: 'ours', identity: id('pod', '11111111') }], 18);
    expect(names.get(id('pod', '11111111'))).toBe('ours');
  });

  it('are listed as one says them', () => {
    expect(listed([])).toBe('');
    expect(listed(['a', 'b', 'c'])).toBe('a, b and c');
    expect(listed(['a', 'b', 'c', 'd', 'e'], 'or')).toBe('a, b or 3 others');
  });
});

describe('the list of what happened', () => {
  const step = (t: number, candidate: string, ...news: NewsView[]) => ({
    ...stepReport(candidate, {}, news),
    t,
  });
  const renewed: NewsView = { type: 'renewed', details: {} };
  const failed = (kind: string): NewsView => ({
    type: 'renewFailed',
    details: { kind, error: kind, remainingMs: 1000 },
  });

  it('counts renewals and repeated failures in one line, until something else happens', () => {
    const rows = newsRows([
      step(1, 'ada', { type: 'startedLeading', details: { fencingToken: '7' } }),
      step(2, 'ada', renewed),
      step(3, 'bob', { type: 'watching', details: {} }),
      step(4, 'ada', renewed),
      step(5, 'ada'),
      step(6, 'ada', renewed),
      step(7, 'ada', failed('timeout')),
      step(8, 'ada', failed('timeout')),
      step(9, 'ada', failed('network')),
      step(10, 'ada', renewed),
    ]);
    expect(rows.map(({ step: { t }, first, lines }) => [first.t, t, lines[0]?.text])).toEqual([
      [1, 1, 'Leads now, fencing token 7'],
      [2, 6, '3 times: The lease was renewed'],
      [3, 3, 'Hears of changes of the lock as they happen'],
      [7, 8, '2 times: A renewal failed, 1.0 s before the deadline: timeout'],
      [9, 9, 'A renewal failed, 1.0 s before the deadline: network'],
      [10, 10, 'The lease was renewed'],
    ]);
    expect(
      rows.filter(({ lines }) => lines[0]?.tone === 'bad').map(({ step: { t } }) => t),
    ).toEqual([8, 9]);
  });
});

describe('a card', () => {
  const record = {
    holderIdentity: 'ada',
    leaseDurationSeconds: 15,
    acquireTime: '',
    renewTime: '',
    leaderTransitions: 0,
  };
  const ring = (remainingMs: number) => ({
    lock: 'held' as const,
    record,
    rings: [{ delay: 'leaseDuration', totalMs: 15_000, remainingMs }],
  });
  const wordsOf = (view: Partial<CandidateView>, more: Partial<Candidate> = {}, t = 1000) => {
    const told = more.steps ?? [{ ...stepReport('bob', view), t: 0 }];
    const bob = { info: infoOf('bob'), index: 0, goneAt: null, vanished: false, ...more };
    const standing = standingOf({ ...bob, steps: told }, t, new Map());
    if (standing === null) throw new Error('it was heard of');
    return cardWords(standing, t, new Map([['ada', 'Ada']]));
  };

  it('of somebody who waits is calm, and says for what', () => {
    expect(wordsOf({ state: 'acquiring', ...ring(8500) })).toEqual({
      state: 'acquiring',
      stage: 'waits',
      mood: 'calm',
      text: 'Waits: Ada holds the lock for 7.5 s more.',
    });
    expect(wordsOf({ state: 'acquiring', ...ring(500) }).text).toBe(
      'Tries to take the lock, which is free.',
    );
  });

  it('of the leader is good, and of one that fails it is a warning', () => {
    expect(wordsOf({ state: 'leading', leads: true })).toMatchObject({
      mood: 'good',
      stage: 'leads',
    });
    const error = { kind: 'timeout', error: 'x', remainingMs: 1 };
    const failing = stepReport('bob', { state: 'renewing', leads: true, failures: 1 }, [
      { type: 'renewFailed', details: error },
    ]);
    expect(wordsOf({}, { steps: [{ ...failing, t: 0 }] })).toMatchObject({
      mood: 'warning',
      text: 'Leads; the renewal fails: the API server does not answer (timeout).',
    });
    expect(wordsOf({ state: 'lost', endReason: 'deadline' })).toMatchObject({ mood: 'warning' });
    expect(wordsOf({ state: 'lost', active: ['lost', 'lost.overrun'] }).mood).toBe('trouble');
  });

  it('of one that is gone shows no candidate', () => {
    const view = { state: 'leading', leads: true, ...ring(15_000) };
    expect(wordsOf(view, { goneAt: 500, vanished: true })).toMatchObject({
      state: 'gone',
      stage: null,
      mood: 'warning',
    });
    expect(wordsOf(view, { goneAt: 500, vanished: true }, 40_000).mood).toBe('calm');
    expect(wordsOf(view, { goneAt: 500 })).toMatchObject({ state: 'left', mood: 'calm' });
    expect(wordsOf({ state: 'stopped', status: 'done', endReason: 'stopped' })).toMatchObject({
      stage: 'over',
      mood: 'calm',
    });
  });

  it('names no holder of a lease that has run out', () => {
    const view = viewOf({ lock: 'held', record });
    expect(lockText(view, 10)).toBe('held by ada');
    expect(lockText(view, null)).toBe('held by ada');
    expect(lockText(view, 0)).toBe('free: the lease has run out');
    // It was replaced: what it shows is not looked at any more, and is not the standing of today.
    expect(lockText({ ...view, record: null }, null, true)).toBe('not held by it');
  });
});

it('a time is said to the precision that it deserves', () => {
  const spans = [400, 3400, 90_000, 180_000, 7_300_000, 200_000_000];
  expect(spans.map(lasting)).toEqual(['0.4 s', '3 s', '90 s', '3 min', '2 h', '2 days']);
});
