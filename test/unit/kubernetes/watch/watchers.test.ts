import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Watcher, Watchers } from '../../../../src/kubernetes/watch/watchers.js';

/** Watchers of one object, and in which order they were told of which gap. */
function crowdOf(count: number) {
  const watchers = new Watchers();
  const heard: string[] = [];
  const watcher = (who: string): Watcher => ({
    changed: () => undefined,
    opened: (gap) => heard.push(`${who} ${gap ? 'late' : 'early'}`),
    failed: () => undefined,
  });
  const all = Array.from({ length: count }, (_, index) => watcher(`w${index}`));
  for (const one of all) watchers.add('a', one);
  const tell = (gap: boolean): void => {
    watchers.tell('a', (one) => {
      one.opened(gap);
    });
  };
  /** What was told since this was asked last. */
  const news = (): string[] => heard.splice(0);
  return { watchers, watcher, all, tell, news };
}

const range = (from: number, to: number, what: string): string[] =>
  Array.from({ length: to - from }, (_, index) => `w${from + index} ${what}`);

describe('a crowd on one object', () => {
  it('is told some at a time, and what has arrived is read in between', async () => {
    const { tell, news } = crowdOf(40);
    tell(false);
    expect(news()).toEqual(range(0, 16, 'early'));
    await turn();
    expect(news()).toEqual(range(16, 32, 'early'));
    await turn();
    expect(news()).toEqual(range(32, 40, 'early'));
    await turn();
    expect(news()).toEqual([]);
    tell(true);
    expect(news()).toEqual(range(0, 16, 'late'));
  });

  it('hears everything, in order, and those who are late of both at once', async () => {
    const { tell, news } = crowdOf(20);
    tell(false);
    tell(true);
    expect(news()).toEqual(range(0, 16, 'early'));
    await turn();
    const both = [16, 17, 18, 19].flatMap((n) => [`w${n} early`, `w${n} late`]);
    expect(news()).toEqual([...both, ...range(0, 12, 'late')]);
    await turn();
    expect(news()).toEqual(range(12, 16, 'late'));
  });

  it('does not disturb who has left, or who has come since', async () => {
    const { watchers, watcher, all, tell, news } = crowdOf(18);
    tell(false);
    watchers.remove('a', all[17] ?? watcher('missing'));
    watchers.add('a', watcher('newcomer'));
    news();
    await turn();
    expect(news()).toEqual(['w16 early']);
  });

  it('tells the others, though one of them throws', async () => {
    const { watchers, all, tell, news } = crowdOf(20);
    const [first] = all;
    watchers.tell('b', () => undefined);
    expect(() => {
      watchers.tell('a', (one) => {
        if (one === first) throw new Error('thrown by a watcher');
        one.opened(false);
      });
    }).toThrow('thrown by a watcher');
    await turn();
    expect(news()).toEqual(range(16, 20, 'early'));
    tell(true);
    expect(news()).toEqual(range(0, 16, 'late'));
  });
});
