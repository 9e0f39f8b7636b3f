import { afterEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../../src/kubernetes/deadline.js';
import { RequestQueue } from '../../../src/kubernetes/request-queue.js';

const never = new AbortController();

const deadlines: Deadline[] = [];

afterEach(() => {
  for (const deadline of deadlines.splice(0)) deadline.dispose();
  vi.useRealTimers();
});

/** Asks for turns by name, and keeps the names in the order in which they came. */
function scene(limits: { readonly usual: number; readonly most: number }) {
  const turns = new RequestQueue(limits);
  const begun: string[] = [];
  const ask = (name: string, kind: 'read' | 'write', caller = never): Promise<void> => {
    const deadline = new Deadline(60_000, caller.signal);
    deadlines.push(deadline);
    const turn = turns.take(kind === 'write', deadline);
    if (turn === null) begun.push(name);
    return Promise.resolve(turn).then(() => {
      if (turn !== null) begun.push(name);
    });
  };
  /** Passes a turn on, and waits until whoever got it has noticed. */
  const pass = async (): Promise<void> => {
    turns.pass();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { ask, pass, begun };
}

describe('turns', () => {
  it('the usual number comes at once, and the others one for each that is passed on', async () => {
    const { ask, pass, begun } = scene({ usual: 2, most: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) void ask(name, 'read');
    expect(begun).toEqual(['a', 'b']);
    await pass();
    expect(begun).toEqual(['a', 'b', 'c']);
    await pass();
    await pass();
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
    await pass();
    await pass();
    void ask('f', 'read');
    void ask('g', 'read');
    void ask('h', 'read');
    expect(begun.slice(5)).toEqual(['f', 'g']);
  });

  it('writes and reads alternate where both wait, and otherwise follow in the order they came', async () => {
    const { ask, pass, begun } = scene({ usual: 1, most: 1 });
    void ask('first', 'read');
    for (const name of ['r1', 'r2', 'r3', 'r4']) void ask(name, 'read');
    for (const name of ['w1', 'w2']) void ask(name, 'write');
    for (let i = 0; i < 6; i++) await pass();
    expect(begun).toEqual(['first', 'w1', 'r1', 'w2', 'r2', 'r3', 'r4']);
  });

  it('whoever gives up leaves the queue, and its turn comes to the next', async () => {
    const { ask, pass, begun } = scene({ usual: 1, most: 1 });
    const controller = new AbortController();
    void ask('a', 'write');
    const impatient = ask('b', 'write', controller);
    void ask('c', 'write');
    controller.abort();
    await expect(impatient).rejects.toThrow('given up');
    // Whoever has given up before it asks does not even wait.
    await expect(ask('late', 'write', controller)).rejects.toThrow('given up');
    await pass();
    expect(begun).toEqual(['a', 'c']);
    await pass();
    void ask('d', 'write');
    expect(begun).toEqual(['a', 'c', 'd']);
  });

  it('to abort a signal after the turn has come has no effect', async () => {
    const { ask, pass, begun } = scene({ usual: 1, most: 1 });
    const controller = new AbortController();
    void ask('a', 'write');
    const patient = ask('b', 'write', controller);
    await pass();
    controller.abort();
    await expect(patient).resolves.toBeUndefined();
    expect(begun).toEqual(['a', 'b']);
  });

  it('more than the usual number begin only after 2 s of waiting, and never more than the most', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { ask, pass, begun } = scene({ usual: 1, most: 3 });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) void ask(name, 'write');
    vi.advanceTimersByTime(2_000);
    await pass();
    // Not later than 2 s: one for one.
    expect(begun).toEqual(['a', 'b']);
    vi.advanceTimersByTime(1);
    await pass();
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
    await pass();
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    await pass();
    void ask('h', 'write');
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    // Two are under way still, which is more than usual, and the last one has not waited long.
    await pass();
    await pass();
    expect(begun).toHaveLength(7);
    await pass();
    expect(begun.at(-1)).toBe('h');
  });

  it('where nobody passes a turn on, whoever has waited long begins when another comes', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { ask, begun } = scene({ usual: 1, most: 2 });
    void ask('hangs', 'write');
    const second = ask('second', 'write');
    vi.advanceTimersByTime(2_001);
    void ask('third', 'write');
    await second;
    expect(begun).toEqual(['hangs', 'second']);
    vi.advanceTimersByTime(2_001);
    void ask('fourth', 'write');
    await Promise.resolve();
    expect(begun).toEqual(['hangs', 'second']);
  });
});
