import { describe, expect, it } from 'vitest';
import { Rivals } from './support/rivals.js';

/* Two or more candidates for one lock. `pass` fails as soon as two of them lead. */
describe('candidates for one lock', () => {
  it('have one leader, though all of them see it free at the same moment', async () => {
    const rivals = new Rivals();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) rivals.join(name);
    await rivals.pass(60_000);
    expect(rivals.all.filter(({ election }) => election.isLeader())).toHaveLength(1);
  });

  it('hand over at the next poll when the leader stops', async () => {
    const rivals = new Rivals();
    const a = rivals.join('a');
    await rivals.pass(500);
    const b = rivals.join('b');
    await rivals.pass(5_000);
    const stopped = a.election.stop();
    await rivals.pass(2_000);
    expect((await stopped).released).toBe(true);
    expect(b.election.isLeader()).toBe(true);
    expect(rivals.store.record?.leaderTransitions).toBe(1);
  });

  it('see a leader stop before the next starts, when its connection goes silent', async () => {
    const rivals = new Rivals();
    const a = rivals.join('a');
    await rivals.pass(500);
    const b = rivals.join('b');
    await rivals.pass(5_700);
    a.wire.cut = 'silent';
    await rivals.pass(30_000);
    // Its last renewal was sent at 6 s.
    expect(a.reigns[0]?.until).toBe(16_000);
    expect(b.reigns[0]?.from).toBeGreaterThanOrEqual(21_000);
  });

  it('see a leader stop in time whose last renewal was answered late', async () => {
    const rivals = new Rivals();
    const a = rivals.join('a');
    await rivals.pass(1_950);
    const b = rivals.join('b');
    a.wire.delayMs = 4_800;
    // The renewal is sent, and stored, at 2 s. Its answer comes at 6.8 s; then all is silent.
    await rivals.pass(4_850);
    a.wire.cut = 'silent';
    await rivals.pass(30_000);
    expect(a.reigns[0]?.until).toBe(12_000);
    expect(b.reigns[0]?.from).toBeGreaterThanOrEqual(17_000);
  });

  it('see a leader stop in time whose renewals are stored and never answered', async () => {
    const rivals = new Rivals();
    const a = rivals.join('a');
    await rivals.pass(500);
    const b = rivals.join('b');
    a.wire.cut = 'deaf';
    await rivals.pass(60_000);
    expect(a.reigns[0]?.until).toBe(10_000);
    expect(b.reigns[0]?.from).toBeGreaterThanOrEqual(15_000);
  });

  it('do not have their lock wiped by the one that lost it and then stops', async () => {
    const rivals = new Rivals();
    const a = rivals.join('a', { onLost: 'rejoin' });
    await rivals.pass(500);
    const b = rivals.join('b');
    a.wire.cut = 'silent';
    await rivals.pass(30_000);
    expect(b.election.isLeader()).toBe(true);
    a.wire.cut = null;
    await a.election.stop();
    await rivals.pass(5_000);
    expect(rivals.store.record?.holderIdentity).toBe('b');
    expect(b.election.isLeader()).toBe(true);
  });

  it('follow the longer lease where their durations differ', async () => {
    const rivals = new Rivals();
    const a = rivals.join('a', { leaseDurationSeconds: 30, renewDeadlineSeconds: 25 });
    await rivals.pass(500);
    const b = rivals.join('b', { leaseDurationSeconds: 5, renewDeadlineSeconds: 4 });
    await rivals.pass(3_600);
    a.wire.cut = 'silent';
    await rivals.pass(60_000);
    expect(a.reigns[0]?.until).toBe(29_000);
    expect(b.reigns[0]?.from).toBeGreaterThanOrEqual(34_000);
  });

  it('grow their fencing tokens from term to term, through deletion too', async () => {
    const rivals = new Rivals();
    const tokens: bigint[] = [];
    for (const name of ['a', 'b', 'c']) {
      const rival = rivals.join(name);
      await rivals.pass(5_000);
      tokens.push(rival.election.term!.fencingToken);
      await rival.election.stop();
      if (name === 'b') rivals.store.delete();
    }
    expect(tokens).toEqual([...tokens].sort((x, y) => (x < y ? -1 : 1)));
    expect(new Set(tokens).size).toBe(3);
  });
});

describe('the requests of an election', () => {
  it('are a read, a write and then writes alone', async () => {
    const rivals = new Rivals();
    const { wire } = rivals.join('a');
    await rivals.pass(6_100);
    expect(wire.calls).toEqual(['get', 'create', 'update', 'update', 'update']);
  });

  it('have a read between when somebody else has changed the object', async () => {
    const rivals = new Rivals();
    const { wire } = rivals.join('a');
    await rivals.pass(4_100);
    rivals.store.put(rivals.store.record);
    await rivals.pass(4_000);
    const around = ['update', 'get', 'update', 'update'];
    expect(wire.calls).toEqual(['get', 'create', 'update', 'update', ...around]);
  });
});
