import { beforeEach, describe, expect, it } from 'vitest';
import { Trouble } from '../../../src/election/trouble.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

let clock: VirtualClock;
let said: string[];
let trouble: Trouble;

beforeEach(() => {
  clock = new VirtualClock();
  said = [];
  trouble = new Trouble(clock, (level, message) => said.push(`${level}: ${message}`), 'It works');
});

/** So much time passes in which it does not work, and in which there is much occasion to say so. */
async function lasts(seconds: number, kind = 'a'): Promise<string[]> {
  for (let passed = 0; passed < seconds; passed += 1) {
    trouble.report(kind, 'It fails', {});
    trouble.remind();
    await clock.advance(1000);
  }
  return said.filter((line) => line.startsWith('warn'));
}

describe('trouble', () => {
  it('is told at once, and again at growing intervals', async () => {
    expect(await lasts(30)).toEqual(['warn: It fails']);
    expect(await lasts(1)).toHaveLength(2);
    expect(said.at(-1)).toBe('warn: It fails. It has been so for 30 s');
    expect(await lasts(60)).toHaveLength(3);
    expect(await lasts(120)).toHaveLength(4);
    expect((await lasts(480)).at(-1)).toBe('warn: It fails. It has been so for 8 min');
  });

  it('is told every hour in the end', async () => {
    for (let hours = 0; hours < 10; hours += 1) await lasts(3600);
    const before = said.filter((line) => line.startsWith('warn')).length;
    for (let hours = 0; hours < 5; hours += 1) await lasts(3600);
    expect(said.filter((line) => line.startsWith('warn'))).toHaveLength(before + 5);
  });

  it('of another kind is told at once, but each kind only once', async () => {
    await lasts(1, 'a');
    await lasts(1, 'b');
    await lasts(1, 'a');
    expect(said).toEqual(['warn: It fails', 'warn: It fails', 'debug: It fails']);
  });

  it('is said to be over, as loudly as it was long', async () => {
    await lasts(9);
    trouble.end();
    expect(said.at(-1)).toBe('info: It works, after 9 s');
    await lasts(3 * 3600);
    trouble.end();
    expect(said.at(-1)).toBe('warn: It works, after 3 h');
  });

  it('that is over is not over again, and is told at once when it comes back', async () => {
    await lasts(60);
    trouble.end();
    const lines = said.length;
    trouble.end();
    trouble.remind();
    expect(said).toHaveLength(lines);
    await lasts(1);
    expect(said.at(-1)).toBe('warn: It fails');
  });
});
