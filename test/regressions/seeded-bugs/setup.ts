import { vi } from 'vitest';
import { seededBug } from '../index.js';
import type { Parts } from './seeded-bug.js';

/*
 * Before each test file of `prove.ts`: the parts of the product that the seeded bug replaces are
 * replaced wherever they are imported. Until it has been made, all of them are the right ones.
 */

const seeded = vi.hoisted((): { parts: Parts } => ({ parts: {} }));

const replaceable = vi.hoisted(() => async (original: () => Promise<object>) => {
  const right = Object.entries(await original()) as [string, unknown][];
  const exports = right.map(([name, value]) => {
    const get = (): unknown => (seeded.parts as Record<string, unknown>)[name] ?? value;
    return [name, { enumerable: true, get }] as const;
  });
  return Object.defineProperties<object>({}, Object.fromEntries(exports));
});

vi.mock('../../../machines/leader-election.js', replaceable);
vi.mock('../../../src/election/candidacy.js', replaceable);
vi.mock('../../../src/election/leader-election.js', replaceable);
vi.mock('../../../src/lock/decide.js', replaceable);
vi.mock('../../../src/lock/iso-time.js', replaceable);
vi.mock('../../../src/testing/in-memory-lock.js', replaceable);
vi.mock('../../../src/time/clock.js', replaceable);

seeded.parts = seededBug()?.make() ?? {};
