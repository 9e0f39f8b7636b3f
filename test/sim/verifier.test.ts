import { describe, expect, it } from 'vitest';
import type { CandidateInfo } from './facts.js';
import { leadingA, record, Story } from './story.js';
import type { RuleName } from './verifier/rule.js';

/*
 * Timelines written by hand, to see that the verifier objects to exactly what it should: above all
 * that no edit of the lock excuses two leaders except those which end a lease early.
 */

describe('two leaders', () => {
  it('are none when the second takes the lease after it has run out', () => {
    const story = leadingA().at(10).asked('a', false).at(16).look('b');
    story.write('b', record('b', 'later', { leaseTransitions: 1 })).begin('b');
    expect(story.broken).toEqual([]);
  });

  it('are found however the second came to lead', () => {
    const story = leadingA().at(5).claim('b');
    expect(story.broken).toContain('two-leaders');
    expect(story.broken).toContain('early-take');
  });

  it('are not excused by an edit of labels', () => {
    const story = leadingA().at(2).label().at(3).look('b').at(5).claim('b');
    expect(story.broken).toContain('two-leaders');
  });

  it('are not excused by another holder with a lease as long', () => {
    const story = leadingA().at(2).edit(record('x', 'edited')).at(3).look('b').at(5).claim('b');
    expect(story.broken).toContain('two-leaders');
  });

  it.each([
    ['deletes the object', null],
    ['empties the holder', record('', 'edited')],
    ['strips the record', {}],
  ])('are excused when an edit %s and the second could not know', (_, edit) => {
    const story = leadingA().at(2).edit(edit).join('c').at(3).look('c').at(4).claim('c');
    expect(story.broken).not.toContain('two-leaders');
    expect(story.broken).not.toContain('early-take');
  });

  it('are excused when an edit shortens the lease, and only if it is waited for', () => {
    const short = record('x', 'edited', { leaseDurationSeconds: 2 });
    const patient = leadingA().at(2).edit(short).at(3).look('b').at(5);
    patient.write('b', record('b', 'later', { leaseTransitions: 1 })).begin('b');
    expect(patient.broken).toEqual([]);
    const hasty = leadingA().at(2).edit(short).at(3).look('b').at(4).claim('b');
    expect(hasty.broken).toContain('early-take');
  });

  it.each([
    ['before the GET', (story: Story) => story.edit(null).at(3).look('b')],
    ['during the GET', (story: Story) => story.look('b', () => story.edit(null))],
  ])('are none when an old event of a record that had vanished %s is repeated', (_, vanishes) => {
    const story = leadingA();
    const { object, revision } = story;
    vanishes(story.at(2)).at(10).asked('a', false).hear('b', object, revision);
    story.at(18.1).write('b', record('b', 'later')).begin('b');
    expect(story.broken).toEqual([]);
  });

  it('are none when late events tell that a shorter lease had taken the place of a long one', () => {
    const takenAt = (seconds: number): RuleName[] => {
      const x = record('x', 'edited', { leaseDurationSeconds: 40 });
      const story = leadingA().at(2).asked('a', false).edit(x).hear('b').at(3).edit({});
      const { object, revision } = story.join('c').at(4).claim('c');
      story.at(5).edit(null).at(6).look('b').hear('b', object, revision).hear('b');
      return story.at(seconds).asked('c', false).write('b', record('b', 'later')).broken;
    };
    expect(takenAt(21)).toEqual([]);
    expect(takenAt(20.9)).toEqual(['early-take']);
  });

  it('are found when an event of a new record comes after the object had vanished', () => {
    const story = leadingA().at(2).edit(null).at(3).look('b').at(4).claim('a');
    story.at(5).hear('b').edit(null).at(6).look('b').at(18.1);
    expect(story.write('b', record('b', 'later')).broken).toContain('early-take');
  });

  it('do not excuse a candidate that knew of the holder when the object vanished', () => {
    const story = leadingA().at(2).edit(null).at(3).look('b').at(4).claim('b');
    expect(story.broken).toContain('early-take');
  });
});

describe('a leader', () => {
  it('is none any more at its deadline, counted from the sending', () => {
    expect(leadingA().at(9.999).asked('a', true).broken).toEqual([]);
    expect(leadingA().at(10).asked('a', true).broken).toContain('leads-past-deadline');
  });

  it('goes by what it sent last, though an earlier write is stored after that', () => {
    const story = new Story().join('a').at(0).givesUp('a', record('a', 't0')).at(2).claim('a');
    story.at(3).edit(null).arrives();
    expect(story.at(11.9).asked('a', true).broken).toEqual([]);
    expect(story.at(12.1).asked('a', true).broken).toEqual(['signal-late', 'leads-past-deadline']);
  });

  it('leads on nothing when it has stored nothing', () => {
    const story = new Story().join('a').asked('a', true);
    expect(story.broken).toContain('leads-without-write');
  });

  it('stops when it is shown the record of another', () => {
    const story = leadingA().at(2).edit(record('x', 'edited')).at(3).look('a').asked('a', true);
    expect(story.broken).toContain('leads-though-superseded');
  });

  it('stops when its watch tells of another, and not for what is older than its own write', () => {
    const told = leadingA().at(2).edit(record('x', 'edited')).hear('a').asked('a', true);
    expect(told.broken).toContain('leads-though-superseded');
    const story = new Story()
      .join('a')
      .at(0)
      .edit(record('x', 'edited', { leaseDurationSeconds: 1 }));
    const { object, revision } = story;
    story
      .at(1)
      .look('a')
      .at(3)
      .write('a', record('a', 'later', { leaseTransitions: 1 }))
      .begin('a');
    expect(story.at(4).hear('a', object, revision).asked('a', true).broken).toEqual([]);
  });

  it('stops when its watch tells of another, though that one has vanished meanwhile', () => {
    const story = leadingA().at(2).edit(record('x', 'edited'));
    const { object, revision } = story;
    story.at(3).edit(null).look('a').asked('a', true);
    expect(story.broken).toEqual([]);
    expect(story.hear('a', object, revision).asked('a', true).broken).toContain(
      'leads-though-superseded',
    );
  });

  it('stops when its watch tells that its own lease is too short, but for what an answer will tell', () => {
    const sent = record('a', 't0', { renewTime: 't2' });
    const capped = (seconds: number): Story =>
      leadingA()
        .at(2)
        .altered('a', sent, { ...sent, leaseDurationSeconds: seconds }, false);
    const rule = 'leads-on-short-lease';
    expect(capped(5).at(2.1).hear('a').asked('a', true).broken).toEqual([rule]);
    expect(capped(5).at(2.1).hear('a').asked('a', false).broken).toEqual([]);
    expect(capped(11).at(2.1).hear('a').asked('a', true).broken).toEqual([]);
    const edited = (): Story =>
      leadingA()
        .at(2)
        .edit(record('a', 't0', { leaseDurationSeconds: 2 }));
    expect(edited().hear('a').asked('a', true).broken).toEqual([rule]);
    expect(edited().renews('a', sent).hear('a').asked('a', true).broken).toEqual([]);
  });

  it('may not empty the record of another', () => {
    const story = leadingA().at(2).edit(record('x', 'edited')).at(3).look('a').asked('a', false);
    story.write('a', record('', 'released'));
    expect(story.broken).toContain('foreign-release');
  });

  it('begins a term with a larger token than any before it', () => {
    const story = leadingA().at(10).asked('a', false).at(16).look('b');
    story.write('b', record('b', 'later', { leaseTransitions: 1 })).begin('b', 3n);
    expect(story.broken).toContain('token-order');
  });

  it('begins a term with the token of the edit that has brought its claim back', () => {
    const claim = record('a', 'claim');
    const story = new Story().join('a').join('b').altered('a', claim, claim, false, false);
    story.edit(record('x', 'edited')).look('b').write('b', record('b', 'later')).begin('b');
    expect(story.broken).not.toContain('token-order');
    expect(story.edit(claim).look('a').begin('a').broken).not.toContain('token-order');
  });
});

describe('a lease that a candidate sees for the first time', () => {
  const takenAt = (seconds: number, info: Partial<CandidateInfo> = {}): Story => {
    const story = new Story().join('a').claim('a').at(10).asked('a', false);
    story.at(seconds).join('b', info).look('b');
    return story.write('b', record('b', 'later', { leaseTransitions: 1 })).begin('b');
  };

  it('may be taken when it is older than two leases by the clock of the server', () => {
    expect(takenAt(40).broken).toEqual([]);
  });

  it('may not be taken when an edit has taken its time away, or set it, whatever its dates say', () => {
    const takenAfter = (edited: object): RuleName[] => {
      const story = new Story().join('a').claim('a').at(10).asked('a', false);
      story.at(38).edit(edited).at(40).join('b').look('b');
      return story.write('b', record('b', 'later', { leaseTransitions: 1 })).broken;
    };
    expect(takenAfter({ ...record('a', 't0'), renewTime: undefined })).toContain('early-take');
    expect(takenAfter({ ...record('a', 't0'), renewTime: 'now' })).toContain('early-take');
    expect(takenAfter({ ...record('a', 't0'), acquireTime: undefined })).toEqual([]);
  });

  it('may be taken though another record stood there meanwhile, if an edit has put the old one back', () => {
    const story = new Story().join('a').claim('a').at(10).asked('a', false).at(37);
    story.edit(record('x', 'other')).at(38).edit(record('a', 't0')).at(40).join('b').look('b');
    const taken = story.write('b', record('b', 'later', { leaseTransitions: 1 }));
    expect(taken.broken).toEqual([]);
  });

  it('may not be taken when it is younger, or when the candidate does not go by that clock', () => {
    expect(takenAt(25).broken).toContain('early-take');
    expect(takenAt(40, { usesServerClock: false }).broken).toContain('early-take');
  });
});

describe('the lease of a process that is dead', () => {
  const OFFER = '{"write":"t0 t0 0 a"}';
  const offering = (offer: string | null): Story =>
    new Story()
      .join('a', { process: 'p' })
      .join('b', { heedsPods: true })
      .write('a', record('a', 't0'), false, offer)
      .begin('a')
      .at(1)
      .look('b')
      .at(3);
  const dies = (story: Story): Story => story.tell({ kind: 'crashed', who: 'a' });
  const claim = record('b', 't3', { leaseTransitions: 1 });

  it('may be taken at once, by whoever was offered to watch it', () => {
    expect(dies(offering(OFFER)).write('b', claim).begin('b').broken).toEqual([]);
    expect(offering(OFFER).write('b', claim).broken).toEqual(['early-take']);
  });

  it.each([
    ['without an offer', null],
    ['with one that belongs to another write', '{"write":"t0 t1 0 a"}'],
    ['with one that cannot be read', 'odd'],
  ])('may not %s', (_, offer) => {
    expect(dies(offering(offer)).write('b', claim).broken).toEqual(['early-take']);
  });

  it('may not by a claim that was sent before', () => {
    const story = offering(OFFER).sends('b', claim);
    expect(dies(story.at(3.1)).at(3.2).arrives().broken).toEqual(['early-take']);
  });
});

describe('an outcome that says that the lock was released', () => {
  const released = (): Story => {
    const story = new Story().join('a').claim('a').at(1).asked('a', false);
    story.tell({ kind: 'stopCallback', who: 'a', term: 1, reason: 'stopped' });
    story.tell({ kind: 'stopCallbackEnded', who: 'a', term: 1 });
    return story.write('a', record('', 't0', { leaseDurationSeconds: 1 }));
  };
  const ended = (story: Story): RuleName[] => {
    const { local } = story;
    const counts = { led: true, reason: 'stopped', timersLeft: 0, requestsLeft: 0 };
    return story.tell({ kind: 'ended', who: 'a', released: true, local, ...counts }).broken;
  };

  it('is true after a release, even when an edit then brings the old record back', () => {
    expect(ended(released())).toEqual([]);
    expect(ended(released().at(2).edit(record('a', 't0')))).toEqual([]);
  });

  it('is wrong without one, and when another claim of its own has been stored since', () => {
    expect(ended(new Story().join('a').claim('a').at(1).asked('a', false))).toContain('outcome');
    const again = released()
      .at(2)
      .look('a')
      .write('a', record('a', 'again', { leaseTransitions: 1 }));
    expect(ended(again)).toEqual(['outcome']);
  });

  it('is true where nobody could know the record for its own', () => {
    const sent = record('a', 't2.123456', { leaseTransitions: 1 });
    const altered = (isAnswered: boolean): RuleName[] => {
      const story = released().at(2).look('a');
      return ended(story.altered('a', sent, { ...sent, acquireTime: 't2' }, isAnswered, false));
    };
    expect(altered(true)).toEqual(['outcome']);
    expect(altered(false)).toEqual([]);
  });
});

describe('a stop callback that runs on', () => {
  /** A's term is over at 10 s, and its lease runs until 15 s. */
  const stopping = (): Story => stop(new Story().join('a').claim('a').at(10), 1);
  const stop = (story: Story, term: number): Story =>
    story.asked('a', false).tell({ kind: 'stopCallback', who: 'a', term, reason: 'stopped' });
  const ended = (story: Story, term: number): Story =>
    story.tell({ kind: 'stopCallbackEnded', who: 'a', term });
  const claim = (story: Story): Story => story.write('a', record('a', 'again'));
  const release = (story: Story): Story => story.write('a', record('', 'again'));

  it('forbids another claim until its lease has run out, for it may hang', () => {
    expect(claim(stopping().at(14.999)).broken).toEqual(['claim-before-stop-callback']);
    expect(claim(stopping().at(15)).broken).toEqual([]);
  });

  it('forbids it until it has ended, if that is sooner', () => {
    expect(claim(ended(stopping().at(11), 1)).begin('a').broken).toEqual([]);
  });

  it('forbids it for longer when the lease was renewed, and not when that was refused', () => {
    const renewal = record('a', 't0', { renewTime: 't5' });
    const renewed = (): Story =>
      stop(new Story().join('a').claim('a').at(5).write('a', renewal, true).at(15), 1);
    expect(claim(renewed().at(19.999)).broken).toEqual(['claim-before-stop-callback']);
    expect(claim(renewed().at(20)).broken).toEqual([]);
    const refused = stop(new Story().join('a').claim('a').at(5).conflict('a', 'a', true).at(10), 1);
    expect(claim(refused.at(15)).broken).not.toContain('claim-before-stop-callback');
  });

  it('forbids another term, however that came about', () => {
    expect(stopping().at(14.999).begin('a').broken).toContain('claim-before-stop-callback');
    expect(stopping().at(15).begin('a').broken).not.toContain('claim-before-stop-callback');
  });

  it('forbids the release of a later term, until its own lease has run out', () => {
    const later = (): Story => ended(stop(claim(stopping().at(14)).begin('a'), 2), 2);
    const rule = 'release-before-stop-callback';
    expect(release(later().at(14.999)).broken).toContain(rule);
    expect(release(later().at(15)).broken).not.toContain(rule);
  });

  it('forbids the release of its own term for as long as it runs', () => {
    const draining = record('', 't0');
    const rule = 'release-before-stop-callback';
    expect(stopping().at(11).write('a', draining).broken).toEqual([rule]);
    expect(stopping().at(16).write('a', draining).broken).toEqual([rule]);
    expect(ended(stopping().at(11), 1).write('a', draining).broken).toEqual([]);
  });

  it('does not forbid to take back a claim that was sent after its lease', () => {
    expect(release(claim(stopping().at(15)).at(16)).broken).toEqual([]);
  });

  it('has had its lease when a clock has said so that was set back since', () => {
    const setBackFrom = (wallMs: number): Story => {
      const local = { monotonicMs: 11_000, wallMs };
      return claim(stopping().at(11).tell({ kind: 'setBack', who: 'a', local }).at(12));
    };
    expect(setBackFrom(14_999).broken).toEqual(['claim-before-stop-callback']);
    expect(setBackFrom(15_000).broken).toEqual([]);
  });
});

describe('the end of a term', () => {
  const renewal = record('a', 't0', { renewTime: 't3.123456' });
  const renewed = (): Story => new Story().join('a').claim('a').at(3).write('a', renewal, true);
  const which = { who: 'a', term: 1 };
  const told = (story: Story, reason: string): Story =>
    story.tell({ kind: 'stopCallback', ...which, reason });
  const toldAndDone = (story: Story, reason = 'stopped'): Story =>
    told(story, reason).tell({ kind: 'stopCallbackEnded', ...which });
  const ended = (story: Story, reason = 'stopped'): RuleName[] => {
    const counts = { led: true, released: false, timersLeft: 0, requestsLeft: 0 };
    return story.tell({ kind: 'ended', who: 'a', reason, local: story.local, ...counts }).broken;
  };

  it('may not be that it was superseded while its own record stands in the lock', () => {
    expect(told(renewed().at(5), 'superseded').broken).toEqual(['superseded-by-itself']);
    expect(told(renewed().at(5), 'deadline').broken).toEqual([]);
    const taken = (): Story => renewed().at(4).edit(record('b', 'now'));
    expect(told(taken(), 'superseded').broken).toEqual([]);
    expect(told(taken().at(5).edit(renewal), 'superseded').broken).toEqual([]);
  });

  it('may be so where nobody could know the record for its own', () => {
    const cut = record('a', 't0', { renewTime: 't6' });
    const sent = record('a', 't0', { renewTime: 't6.123456' });
    const altered = (isAnswered: boolean): Story =>
      renewed().at(6).altered('a', sent, cut, isAnswered);
    expect(told(altered(true), 'superseded').broken).toEqual(['superseded-by-itself']);
    expect(told(altered(false), 'superseded').broken).toEqual([]);
  });

  it('is followed by a release while the lease is live and its own', () => {
    const over = (seconds: number): Story =>
      toldAndDone(renewed().at(4).asked('a', true, false))
        .asked('a', false)
        .at(seconds);
    expect(ended(over(5))).toEqual(['release-given-up']);
    expect(ended(over(17.9))).toEqual(['release-given-up']);
    expect(ended(over(18))).toEqual([]);
    expect(ended(over(5), 'drainTimeout')).toEqual([]);
    expect(ended(over(5).edit(record('b', 'now')))).toEqual([]);
  });

  it('needs no release after its deadline, or when it has drained for too long', () => {
    expect(ended(toldAndDone(renewed().at(13).asked('a', false)).at(14))).toEqual([]);
    const drained = new Story().join('a', { drainMs: 2000 }).claim('a').at(3);
    drained.write('a', renewal, true).at(4);
    toldAndDone(drained.asked('a', true, false))
      .at(6)
      .asked('a', false);
    expect(ended(drained)).toEqual([]);
  });

  it('is told in the moment in which the signal is aborted', () => {
    const aborted = (): Story => renewed().at(4).asked('a', true, false);
    expect(told(aborted(), 'stopped').broken).toEqual([]);
    expect(told(aborted().at(4.001), 'stopped').broken).toEqual(['stop-callback-late']);
    expect(aborted().at(5).asked('a', true, false).broken).toEqual(['stop-callback-late']);
  });

  it('is when both the work and the stop callback have ended', () => {
    const working = (): Story => {
      const story = renewed();
      const { local } = story;
      return story
        .tell({ kind: 'workStarted', ...which, local })
        .at(4)
        .asked('a', true, false);
    };
    const workEnded = (story: Story): Story =>
      story.at(5).tell({ kind: 'workEnded', ...which, failed: false });
    expect(toldAndDone(working()).asked('a', true, false).broken).toEqual([]);
    expect(workEnded(told(working(), 'stopped')).asked('a', true, false).broken).toEqual([]);
    const both = workEnded(toldAndDone(working())).asked('a', true, false);
    expect(both.broken).toEqual(['leads-after-stop-callback']);
    // A renewal that was under way then is answered first.
    const renewing = workEnded(toldAndDone(working().renews('a', renewal)));
    expect(renewing.asked('a', true, false).broken).toEqual([]);
    renewing.at(6).refused('a').asked('a', true, false);
    expect(renewing.broken).toEqual(['leads-after-stop-callback']);
    const ending = workEnded(toldAndDone(working()));
    const atOnce = ending.renews('a', renewal).asked('a', true, false);
    expect(atOnce.broken).toEqual([]);
    const another = workEnded(toldAndDone(working())).at(6).renews('a', renewal);
    expect(another.asked('a', true, false).broken).toEqual(['leads-after-stop-callback']);
  });

  it('is when the stored lease is no longer than the renew deadline', () => {
    const capped = (seconds: number): Story => {
      const sent = record('a', 't0', { renewTime: 't6' });
      const stored = { ...sent, leaseDurationSeconds: seconds };
      return renewed().at(6).altered('a', sent, stored, true).asked('a', true);
    };
    expect(capped(10).broken).toEqual(['leads-on-short-lease']);
    expect(capped(11).broken).toEqual([]);
  });
});

describe('a candidate that asks too often', () => {
  const asking = (times: number, everyMs: number): Story => {
    const story = new Story().join('a');
    for (let i = 0; i < times; i++) story.at((i * everyMs) / 1000).look('a');
    return story;
  };

  it('is found when it sends more than twelve requests in half a second', () => {
    expect(asking(13, 25).broken).toEqual(['request-storm']);
    expect(asking(12, 1).broken).toEqual([]);
    expect(asking(100, 42).broken).toEqual([]);
  });
});

describe('a claim that conflicts', () => {
  const refused = (): Story => leadingA().at(20).join('c').create('c');

  it('may not be sent again without a look', () => {
    expect(refused().create('c').broken).toEqual(['refused-claim-repeated']);
  });

  it('is no repetition when it renews or releases', () => {
    const story = leadingA().at(2).label().conflict('a', 'a', true).conflict('a', 'a', true);
    story.at(3).asked('a', false).conflict('a', '').conflict('a', '');
    expect(story.broken).not.toContain('refused-claim-repeated');
  });

  it('may be sent again after a look, or after news', () => {
    expect(refused().look('c').create('c').broken).toEqual([]);
    expect(refused().label().hear('c').create('c').broken).toEqual([]);
  });

  it('is not explained by what had happened before it was sent', () => {
    const story = refused().hear('c').create('c');
    expect(story.broken).toEqual(['refused-claim-repeated']);
  });

  it('may be sent on another condition', () => {
    const looked = (): Story => leadingA().at(20).join('c').look('c').at(40);
    const story = looked().label().conflict('c').conflict('c');
    expect(story.broken).toEqual(['refused-claim-repeated']);
    expect(looked().conflict('c').label().conflict('c').broken).toEqual([]);
  });
});

describe('quiet', () => {
  it('without a leader by the time it is due is found', () => {
    const story = new Story().join('a').tell({ kind: 'quiet', boundMs: 5000 });
    expect(story.at(5).asked('a', false).broken).toEqual([]);
    expect(story.at(5.1).asked('a', false).broken).toContain('no-leader');
  });
});
