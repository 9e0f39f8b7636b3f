import { describe, expect, it } from 'vitest';
import { hubFor, WatchHub } from '../../../../src/kubernetes/watch/watch-hub.js';
import { versionOf } from '../../../../src/kubernetes/watch/watch-events.js';
import type { Watcher } from '../../../../src/kubernetes/watch/watchers.js';
import { VirtualClock } from '../../../../src/testing/virtual-clock.js';
import { arrived, type FakeStream, FakeStreams } from '../support/fake-streams.js';

const LEASES = { group: 'coordination.k8s.io', resource: 'leases', kind: 'Lease' } as const;
const TARGET = {
  path: '/apis/coordination.k8s.io/v1/namespaces/ns/leases',
  call: { ...LEASES, namespace: 'ns', name: 'any', verb: 'watch' },
  name: null,
} as const;

const FORBIDDEN = { kind: 'Status', reason: 'Forbidden', code: 403, message: 'test' };

/** Watchers of one namespace, and what each was told. */
function namespace() {
  const clock = new VirtualClock();
  const streams = new FakeStreams();
  const hub = new WatchHub(streams, TARGET, { clock, random: () => 0 });
  const join = (name: string) => {
    const log: string[] = [];
    const watcher: Watcher = {
      changed: ({ type, object }) => log.push(`${type} ${versionOf(object) ?? ''}`),
      opened: (gap) => log.push(gap ? 'opened, with a gap' : 'opened'),
      failed: ({ kind }) => log.push(`failed: ${kind}`),
    };
    hub.subscribe(name, watcher);
    return {
      log,
      close: () => hub.unsubscribe(name, watcher),
      doubt: () => hub.doubt(name, watcher),
    };
  };
  /** The open requests for single objects, by name; `*` is the one for all. */
  const watched = (): string[] => streams.open.map(nameOf).sort();
  const streamOf = (name: string): FakeStream => {
    const stream = streams.open.find((open) => nameOf(open) === name);
    if (stream === undefined) throw new Error(`${name} is not watched`);
    return stream;
  };
  return { clock, streams, hub, join, watched, streamOf };
}

const nameOf = ({ query }: FakeStream): string =>
  query['fieldSelector']?.replace('metadata.name=', '') ?? '*';

/** Candidates for `a` to `d`, the first three of which are watched one by one. */
async function four() {
  const n = namespace();
  const joined = ['a', 'b', 'c'].map((name) => n.join(name));
  for (const stream of n.streams.open) await stream.begins();
  joined.push(n.join('d'));
  await arrived();
  return { ...n, joined };
}

describe('two watchers of one object', () => {
  it('share a stream, and are both told everything', async () => {
    const { streams, join } = namespace();
    const [one, two] = [join('a'), join('a')];
    expect(streams.all).toHaveLength(1);
    await streams.last.begins();
    await streams.last.changes('a', '7', 'ADDED');
    expect(one.log).toEqual(['opened', 'ADDED 7']);
    expect(two.log).toEqual(one.log);
    await streams.last.changes('a', '8', 'DELETED');
    one.close();
    await streams.last.changes('a', '9', 'ADDED');
    expect(one.log.at(-1)).toBe('DELETED 8');
    expect(two.log.at(-1)).toBe('ADDED 9');
    expect(streams.open).toHaveLength(1);
  });

  it('hear that it is open, the second one in a later turn, unless it has gone by then', async () => {
    const { streams, join } = namespace();
    join('a');
    await streams.last.begins();
    const [late, gone] = [join('a'), join('a')];
    gone.close();
    expect(late.log).toEqual([]);
    await arrived();
    expect(late.log).toEqual(['opened']);
    expect(gone.log).toEqual([]);
  });

  it('hear both when it fails', async () => {
    const { streams, join } = namespace();
    const both = [join('a'), join('a')];
    await streams.last.fails();
    expect(both.map(({ log }) => log)).toEqual([['failed: network'], ['failed: network']]);
  });
});

describe('watchers of a few objects', () => {
  it('have a stream each, and hear of their own object only', async () => {
    const { join, watched, streamOf } = namespace();
    const [a, b] = [join('a'), join('b'), join('c')];
    expect(watched()).toEqual(['a', 'b', 'c']);
    await streamOf('a').begins();
    await streamOf('a').changes('a', '7');
    expect(a?.log).toEqual(['opened', 'MODIFIED 7']);
    expect(b?.log).toEqual([]);
  });
});

describe('watchers of four objects', () => {
  it('share one stream; those of before go on with theirs until it is open', async () => {
    const { joined, watched, streamOf } = await four();
    expect(watched()).toEqual(['*', 'a', 'b', 'c']);
    await streamOf('a').changes('a', '7');
    expect(joined[0]?.log).toEqual(['opened', 'MODIFIED 7']);
    await streamOf('*').begins();
    expect(watched()).toEqual(['*']);
    expect(joined[3]?.log).toEqual(['opened']);
    await streamOf('*').changes('d', '9');
    await streamOf('*').changes('b', '10');
    await streamOf('*').changes('stranger', '11');
    expect(joined[3]?.log.at(-1)).toBe('MODIFIED 9');
    expect(joined[1]?.log.at(-1)).toBe('MODIFIED 10');
    expect(joined[2]?.log).not.toContain('MODIFIED 11');
  });

  it('go on with it as long as one of them is left', async () => {
    const { hub, joined, watched, streamOf } = await four();
    await streamOf('*').begins();
    for (const watcher of joined.slice(1)) watcher.close();
    expect(watched()).toEqual(['*']);
    joined[0]?.close();
    expect(watched()).toEqual([]);
    expect(hub.isUnused).toBe(true);
  });

  it('who may not watch them all are watched one by one, and are told of no failure', async () => {
    const { joined, watched, streamOf } = await four();
    await streamOf('*').answers(403, FORBIDDEN);
    expect(watched()).toEqual(['a', 'b', 'c', 'd']);
    await streamOf('d').begins();
    expect(joined.map(({ log }) => log)).toEqual(Array(4).fill(['opened']));
  });

  it('are not asked about again for ten minutes', async () => {
    const { clock, join, watched, streamOf } = await four();
    await streamOf('*').answers(403, FORBIDDEN);
    await clock.advance(599_999);
    join('e');
    expect(watched()).toEqual(['a', 'b', 'c', 'd', 'e']);
    await clock.advance(1);
    join('f');
    expect(watched()).toContain('*');
  });

  it('are all told when the one stream fails, and when it is back', async () => {
    const { clock, joined, streamOf } = await four();
    await streamOf('*').begins();
    for (const { log } of joined) log.length = 0;
    await streamOf('*').breaks();
    await clock.advance(250);
    await streamOf('*').fails();
    expect(joined.map(({ log }) => log)).toEqual(Array(4).fill(['failed: network']));
    await clock.advance(250);
    await streamOf('*').begins();
    expect(joined.map(({ log }) => log.at(-1))).toEqual(Array(4).fill('opened, with a gap'));
  });

  it('of which one doubts have the shared one set up anew', async () => {
    const { joined, streams, streamOf } = await four();
    await streamOf('*').begins();
    const before = streamOf('*');
    joined[1]?.doubt();
    expect(before.ended).toBe(true);
    expect(nameOf(streams.last)).toBe('*');
  });
});

describe('watchers of many objects that have to be watched one by one', () => {
  it('are at most 32; the others are told to poll, and why', async () => {
    const { hub, streams, join, streamOf } = namespace();
    const errors: string[] = [];
    const joined = Array.from({ length: 33 }, (_, n) => join(`lock-${n}`));
    await streamOf('*').answers(403, FORBIDDEN);
    expect(streams.open).toHaveLength(32);
    expect(joined[32]?.log).toEqual(['failed: forbidden']);
    hub.subscribe('one-more', {
      changed: () => undefined,
      opened: () => undefined,
      failed: ({ message }) => errors.push(message),
    });
    expect(errors).toEqual([]);
    await arrived();
    expect(errors[0]).toContain('Lease ns/one-more: not watched, because 32 others are');
    expect(errors[0]).toContain('"list" and "watch" on all leases');
  });
});

describe('a watcher', () => {
  it('that comes back opens one stream, and is told as one that is new', async () => {
    const { streams, join } = namespace();
    const before = join('a');
    await streams.last.begins();
    before.close();
    const after = join('a');
    expect(streams.open).toHaveLength(1);
    expect(streams.all).toHaveLength(2);
    await streams.last.begins();
    await streams.last.changes('a', '8', 'ADDED');
    expect(after.log).toEqual(['opened', 'ADDED 8']);
    expect(before.log).toEqual(['opened']);
  });

  it('that leaves the others on one object leaves them their stream, and finds it again', async () => {
    const { streams, join } = namespace();
    const [first, other] = [join('a'), join('a')];
    await streams.last.begins();
    first.close();
    const again = join('a');
    await arrived();
    await streams.last.changes('a', '8');
    expect(streams.all).toHaveLength(1);
    expect(again.log).toEqual(['opened', 'MODIFIED 8']);
    expect(other.log).toEqual(['opened', 'MODIFIED 8']);
    expect(first.log).toEqual(['opened']);
  });

  it('that leaves when it is told something is told no more, and its stream ends', async () => {
    const { streams, hub } = namespace();
    const log: string[] = [];
    const watcher: Watcher = {
      changed: ({ object }) => {
        log.push(versionOf(object) ?? '');
        hub.unsubscribe('a', watcher);
      },
      opened: () => log.push('opened'),
      failed: ({ kind }) => log.push(kind),
    };
    hub.subscribe('a', watcher);
    await streams.last.begins();
    const both = ['7', '8'].map((resourceVersion) =>
      JSON.stringify({ type: 'MODIFIED', object: { metadata: { name: 'a', resourceVersion } } }),
    );
    await streams.last.raw(`${both.join('\n')}\n`);
    expect(log).toEqual(['opened', '7']);
    expect(streams.open).toEqual([]);
  });

  it('that is the last to leave leaves no timer and no request', async () => {
    const { clock, streams, hub, join } = namespace();
    const only = join('a');
    await streams.last.begins();
    only.close();
    only.close();
    expect(streams.open).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
    expect(hub.isUnused).toBe(true);
    only.doubt();
    expect(streams.all).toHaveLength(1);
    // Nor one that leaves while its stream pauses.
    const other = join('a');
    await streams.last.fails();
    other.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('that doubts has its own stream set up anew', async () => {
    const { streams, join, streamOf } = namespace();
    const a = join('a');
    join('b');
    for (const stream of streams.open) await stream.begins();
    const [before, other] = [streamOf('a'), streamOf('b')];
    a.doubt();
    expect(before.ended).toBe(true);
    expect(other.ended).toBe(false);
  });
});

describe('the hub of a client', () => {
  it('is one for each collection, as long as it is used', () => {
    const streams = new FakeStreams();
    const pacing = { clock: new VirtualClock(), random: () => 0 };
    const silent = { changed: () => undefined, opened: () => undefined, failed: () => undefined };
    const hub = hubFor(streams, TARGET, pacing);
    hub.subscribe('a', silent);
    expect(hubFor(streams, TARGET, pacing)).toBe(hub);
    expect(hubFor(streams, { ...TARGET, path: '/other' }, pacing)).not.toBe(hub);
    expect(hubFor(new FakeStreams(), TARGET, pacing)).not.toBe(hub);
    hub.unsubscribe('a', silent);
    // It may belong to another clock: that of another test, or of another simulation.
    expect(hubFor(streams, TARGET, pacing)).not.toBe(hub);
  });
});
