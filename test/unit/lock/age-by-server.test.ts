import { describe, expect, it } from 'vitest';
import { ageByServer } from '../../../src/lock/age-by-server.js';

const NOW = 'Thu, 01 Jan 2026 00:01:00 GMT';
const at = (time: unknown) => ({ manager: 'x', operation: 'Update', time });

describe('the age of an object by the clock of its server', () => {
  it('counts from the newest write of any manager', () => {
    const managedFields = [
      at('2026-01-01T00:00:10Z'),
      at('2026-01-01T00:00:40Z'),
      at('2025-01-01T00:00:00Z'),
    ];
    expect(ageByServer({ managedFields }, NOW)).toBe(20_000);
  });

  it('may be less than nothing where servers differ', () => {
    expect(ageByServer({ managedFields: [at('2026-01-01T00:02:00Z')] }, NOW)).toBe(-60_000);
  });

  it.each([
    ['no managers are known', undefined],
    ['none is left', []],
    ['it is no list', { time: '2026-01-01T00:00:10Z' }],
    ['one has no time', [at('2026-01-01T00:00:10Z'), { manager: 'y' }]],
    ['one has a time that is none', [at('2026-01-01T00:00:10Z'), at('soon')]],
    ['one has a time of another kind', [at('2026-01-01T00:00:10Z'), at(0)]],
    ['one is nothing', [at('2026-01-01T00:00:10Z'), null]],
  ])('is unknown where %s', (_, managedFields) => {
    expect(ageByServer({ managedFields }, NOW)).toBeUndefined();
  });

  it.each(['', 'yesterday'])('is unknown where the answer is dated %j', (date) => {
    expect(ageByServer({ managedFields: [at('2026-01-01T00:00:10Z')] }, date)).toBeUndefined();
  });
});
