import { describe, expect, it } from 'vitest';
import { headlineOf, headlines } from '../../src/inspect/page/headline.js';
import type { Candidate } from '../../src/inspect/page/history.js';
import type { CandidateView, Countdown, NewsView } from '../../src/inspect/wire.js';
import { infoOf, stepReport } from './support/reports.js';

/** A candidate, and what it has told at which times. */
type Told = readonly (readonly [t: number, view: Partial<CandidateView>, news?: NewsView[]])[];

let index = 0;

function candidate(name: string, told: Told, more: Partial<Candidate> = {}): Candidate {
  index += 1;
  const steps = told.map(([t, view, news]) => ({ ...stepReport(name, view, news), t }));
  return { info: infoOf(name), index, steps, goneAt: null, vanished: false, ...more };
}

const down = (delay: string, totalMs: number, remainingMs = totalMs): Countdown => ({
  delay,
  totalMs,
  remainingMs,
});

const held = (by: string, leftMs: number): Partial<CandidateView> => ({
  lock: 'held',
  record: {
    holderIdentity: by,
    leaseDurationSeconds: 15,
    acquireTime: '',
    renewTime: '',
    leaderTransitions: 0,
  },
  rings: [down('leaseDuration', 15_000, leftMs)],
});

/** It was renewed `ms` ago. */
function leading(name: string, ms = 0, fields: Partial<CandidateView> = {}) {
  return {
    state: 'leading',
    leads: true,
    term: { fencingToken: `token-${name}`, beganMsAgo: 0 },
    ...held(name, 15_000 - ms),
    rings: [down('renewDeadline', 10_000, 10_000 - ms), down('leaseDuration', 15_000, 15_000 - ms)],
    ...fields,
  };
}

const waits = (by: string, leftMs: number): Partial<CandidateView> => ({
  state: 'acquiring',
  ...held(by, leftMs),
});

const tries: Partial<CandidateView> = { state: 'acquiring', lock: 'released' };

const failed = (type: string, kind: string): NewsView[] => [
  { type, details: { kind, error: `in detail: ${kind}` } },
];

const lost = { state: 'rejoining', endReason: 'deadline', lock: 'held' } as const;

describe('the headline says', () => {
  it('that nobody has begun, and that the first leader is awaited', () => {
    expect(headlineOf([], 0)).toMatchObject({ mood: 'calm', text: 'No candidate yet' });
    const idle = [candidate('ada', [[0, {}]]), candidate('bob', [[0, {}]])];
    expect(headlineOf(idle, 100)).toMatchObject({
      mood: 'calm',
      text: 'Nobody competes yet',
      more: 'ada and bob have not started.',
    });
    const first = [candidate('ada', [[0, tries]]), candidate('bob', [[0, tries]])];
    expect(headlineOf(first, 800)).toMatchObject({
      mood: 'calm',
      text: 'Waiting for the first leader',
      more: 'Next: ada or bob.',
    });
    expect(headlineOf(first, 8000).mood).toBe('warning');
  });

  it('who leads, since when, and when the lease was renewed', () => {
    const ada = candidate('ada', [
      [0, leading('ada')],
      [180_000, leading('ada')],
    ]);
    const bob = candidate('bob', [[180_000, waits('ada', 15_000)]]);
    const said = headlineOf([ada, bob], 181_200);
    expect(said).toMatchObject({
      mood: 'good',
      text: 'ada leads for 3 min; renewed 1.2 s ago',
      more: 'bob waits to take over. Fencing token token-ada.',
      title: 'ada leads',
    });
    expect(headlineOf([ada, bob], 181_300).key).toBe(said.key);
    expect(headlineOf([ada], 181_200).more).toContain('Nobody waits to take over.');
  });

  it('that the leader is in danger: a renewal is not answered, fails, or the leader is silent', () => {
    const renewing = leading('ada', 2000, { state: 'renewing' });
    const slow = candidate('ada', [
      [0, leading('ada')],
      [2000, renewing],
    ]);
    expect(headlineOf([slow], 2900).mood).toBe('good');
    expect(headlineOf([slow], 4400)).toMatchObject({
      mood: 'warning',
      text: 'ada still leads, but its renewal has had no answer for 2.4 s',
      more: 'It stops in 5.6 s unless a renewal succeeds.',
    });
    const view = leading('ada', 5000, { state: 'renewing', failures: 1 });
    const failing = candidate('ada', [
      [0, leading('ada')],
      [5000, view, failed('renewFailed', 'timeout')],
    ]);
    expect(headlineOf([failing], 5800)).toMatchObject({
      mood: 'warning',
      text: 'ada still leads, but cannot renew its lease: the API server does not answer (timeout)',
      more: 'It stops in 4.2 s unless a renewal succeeds.',
      title: 'ada leads, in danger',
    });
    const due = { waits: [down('retryPeriod', 2000)] };
    const frozen = candidate('ada', [[0, leading('ada', 0, due)]]);
    expect(headlineOf([frozen], 5000)).toMatchObject({
      mood: 'warning',
      text: 'Nothing was heard of the leader, ada, for 3.0 s',
      more: 'It is frozen or cut off. It leads for 5.0 s more at most.',
    });
  });

  it('a hand-over, from the first word to the new leader', () => {
    const draining = leading('ada', 0, { state: 'draining', endReason: 'stopped' });
    const bobWaits = candidate('bob', [[0, waits('ada', 15_000)]]);
    expect(headlineOf([candidate('ada', [[0, draining]]), bobWaits], 100)).toMatchObject({
      mood: 'change',
      text: 'ada stops leading: it was asked to stop',
      more: 'When its work has ended, the lock is given back, for bob to take.',
    });
    const releasing = { ...held('ada', 14_000), state: 'releasing', endReason: 'stopped' };
    const gives = candidate('ada', [
      [0, leading('ada')],
      [1000, releasing],
    ]);
    expect(headlineOf([gives, bobWaits], 1100)).toMatchObject({
      mood: 'change',
      text: 'ada stops and gives the lock back',
      more: 'Next: bob.',
    });
    const over = {
      state: 'stopped',
      status: 'done',
      endReason: 'stopped',
      lock: 'released',
    } as const;
    const stopped = candidate('ada', [
      [0, leading('ada')],
      [1000, over],
    ]);
    const bob = candidate('bob', [
      [0, waits('ada', 15_000)],
      [1010, tries],
      [1100, leading('bob')],
    ]);
    expect(headlineOf([stopped, bob], 1050)).toMatchObject({
      mood: 'change',
      text: 'ada has stopped; next: bob',
    });
    expect(headlineOf([stopped, bob], 1900)).toMatchObject({
      mood: 'good',
      text: 'bob leads for 0.8 s; renewed 0.8 s ago',
    });
    expect(headlineOf([stopped, bob], 1900).more).toContain(
      'It took over from ada (it was asked to stop) after 0.1 s without a leader.',
    );
  });

  it('that nobody leads, and why: the API server is down, or forbids it', () => {
    const ada = candidate('ada', [
      [0, leading('ada')],
      [10_000, { ...held('ada', 5000), ...lost }],
    ]);
    const view = { ...waits('ada', 4000), failures: 2 };
    const bob = candidate('bob', [[11_000, view, failed('acquireFailed', 'timeout')]]);
    expect(headlineOf([ada, bob], 13_000)).toMatchObject({
      mood: 'trouble',
      text: 'Nobody leads for 3 s: the API server does not answer (timeout)',
      more: 'The lease of ada runs out in 2.0 s. bob: in detail: timeout',
      title: 'Nobody leads',
    });
    const refused = { state: 'acquiring', failures: 1 };
    const eve = candidate('eve', [[0, refused, failed('acquireFailed', 'forbidden')]]);
    expect(headlineOf([eve], 4000)).toMatchObject({
      mood: 'trouble',
      text: 'Nobody leads for 4 s: the API server forbids it (RBAC)',
    });
    const race = candidate('eve', [[0, refused, failed('acquireFailed', 'conflict')]]);
    expect(headlineOf([race], 1000).mood).toBe('calm');
  });

  it('that a lease has not run out: of a leader that has lost it, was killed, or is frozen', () => {
    const bob = candidate('bob', [[9000, waits('ada', 14_000)]]);
    const ada: Told = [[9000, leading('ada', 0, { waits: [down('retryPeriod', 2000)] })]];
    const killed = candidate('ada', ada, { goneAt: 10_000, vanished: true });
    expect(headlineOf([killed, bob], 13_000)).toMatchObject({
      mood: 'warning',
      text: 'ada is gone; nobody leads for 3 s: the lease of ada runs out in 10.0 s',
      more: 'Then bob may take over.',
    });
    expect(headlineOf([candidate('ada', ada), bob], 22_000)).toMatchObject({
      mood: 'warning',
      text: 'Nothing is heard of ada; nobody leads for 3 s: the lease of ada runs out in 1.0 s',
    });
    const loser = candidate('ada', [...ada, [12_000, { ...held('ada', 11_000), ...lost }]]);
    expect(headlineOf([loser, bob], 14_000)).toMatchObject({
      mood: 'warning',
      text: 'Nobody leads for 2 s: the lease of ada runs out in 9.0 s',
      more: 'ada stopped: no renewal within the renew deadline. Then bob or ada may take over.',
    });
  });

  it('that a leader renews the lock and does not report, or not any more', () => {
    const bob = candidate('bob', [
      [0, waits('ada', 15_000)],
      [12_000, waits('ada', 15_000)],
    ]);
    expect(headlineOf([bob], 13_000)).toMatchObject({
      mood: 'good',
      text: 'ada holds the lock and does not report here; renewed 1.0 s ago, as the others see it',
      title: 'ada holds the lock',
    });
    const ada = candidate('ada', [[0, leading('ada')]], { goneAt: 8000, vanished: true });
    expect(headlineOf([ada, bob], 13_000)).toMatchObject({
      mood: 'warning',
      text: 'ada holds the lock and does not report here any more; renewed 1.0 s ago, as the others see it',
    });
  });

  it('that two claim to lead, once both have said so after the other had begun, and no sooner', () => {
    const ada = (until: number): Candidate =>
      candidate('ada', [
        [0, leading('ada')],
        [until, leading('ada')],
      ]);
    const bob = candidate('bob', [[5000, leading('bob')]]);
    expect(headlineOf([ada(7500), bob], 7600)).toMatchObject({
      mood: 'trouble',
      text: 'Two lead at once: ada and bob. This must never be',
      title: 'TWO LEAD: ada, bob',
    });
    expect(headlineOf([ada(7500), bob], 7600).more).toContain('token-ada and token-bob');
    // The last word of ada may have travelled for longer than the first one of bob.
    const late = headlineOf([ada(5500), bob], 7000);
    expect(late).toMatchObject({ mood: 'good', title: 'bob leads' });
    expect(late.more).toContain('ada has not said yet that it has stopped.');
    // Its renew deadline has passed: whatever it says, it does not lead.
    expect(headlineOf([ada(4000), bob], 14_500).more).not.toContain('not said yet');
  });

  it('that work goes on though the lease has run out', () => {
    const view = { ...lost, state: 'lost', active: ['lost', 'lost.overrun'] };
    const ada = candidate('ada', [
      [0, leading('ada')],
      [9000, view],
    ]);
    const bob = candidate('bob', [[9500, leading('bob')]]);
    expect(headlineOf([ada, bob], 9900)).toMatchObject({
      mood: 'trouble',
      text: 'The work of ada goes on though its lease has run out, and bob leads',
    });
  });

  it('that all have stopped, have gone, or are observed no more', () => {
    const over = { state: 'stopped', status: 'done', lock: 'released' } as const;
    const told = (endReason: string): Told => [
      [0, leading('ada')],
      [900, { ...over, endReason }],
    ];
    const bob = candidate('bob', [[950, { ...over, endReason: 'stopped' }]]);
    expect(headlineOf([candidate('ada', told('stopped')), bob], 2000)).toMatchObject({
      mood: 'calm',
      text: 'All have stopped',
      more: 'ada was the last to lead; why it ended: it was asked to stop.',
    });
    const failing = headlineOf([candidate('ada', told('failed'))], 2000);
    expect(failing).toMatchObject({ mood: 'warning', text: 'ada has stopped' });
    expect(failing.more).toContain('the work failed');
    const away = { goneAt: 100, vanished: true };
    const gone = ['ada', 'bob'].map((name) => candidate(name, [[0, tries]], away));
    expect(headlineOf(gone, 2000)).toMatchObject({
      mood: 'trouble',
      text: 'Nobody leads: ada and bob have gone without a word',
    });
    const left = candidate('ada', [[0, tries]], { goneAt: 100 });
    expect(headlineOf([left], 2000)).toMatchObject({ mood: 'calm' });
  });

  it('that nobody leads for long though the lock is free, or that nobody competes', () => {
    const paused = candidate('ada', [
      [0, leading('ada')],
      [1000, { ...lost, ...held('ada', 100), state: 'rejoining' }],
    ]);
    expect(headlineOf([paused], 9000)).toMatchObject({
      mood: 'warning',
      text: 'Nobody leads for 8 s; next: ada',
    });
    const winding = candidate('ada', [
      [0, leading('ada')],
      [1000, { ...lost, lock: 'released', state: 'lost' }],
    ]);
    expect(headlineOf([winding], 4000)).toMatchObject({
      mood: 'warning',
      text: 'Nobody leads for 3 s, and nobody competes',
    });
  });

  it('one sentence for each lock, what is worst first', () => {
    const ada = candidate('ada', [[0, leading('ada')]]);
    const eve = candidate('eve', [
      [0, { state: 'acquiring', failures: 1 }, failed('acquireFailed', 'network')],
    ]);
    const other = { ...eve, info: { ...eve.info, lock: 'Lease default/other' } };
    expect(headlines([ada, other], 1000).map(({ lock, mood }) => [lock, mood])).toEqual([
      ['Lease default/other', 'trouble'],
      ['Lease default/watched', 'good'],
    ]);
  });
});
