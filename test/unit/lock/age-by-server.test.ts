import { describe, expect, it } from 'vitest';
import { lastWrittenMs } from '../../../src/lock/age-by-server.js';

const at = (time: unknown) => ({ manager: 'x', operation: 'Update', time });

describe('when an object was last written, by the clock of its server', () => {
  it('is told by the newest write of any manager', () => {
    const managedFields = [
      at('2026-01-01T00:00:10Z'),
      at('2026-01-01T00:00:40Z'),
      at('2025-01-01T00:00:00Z'),
    ];
    expect(lastWrittenMs({ managedFields })).toBe(Date.parse('2026-01-01T00:00:40Z'));
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
    expect(lastWrittenMs({ managedFields })).toBeUndefined();
  });

  it('counts those alone who wrote a certain field, where one is named', () => {
    const by = (time: string, fieldsV1: unknown) => ({ ...at(time), fieldsV1 });
    const managedFields = [
      by('2026-01-01T00:00:10Z', { 'f:spec': { 'f:renewTime': {} } }),
      by('2026-01-01T00:00:40Z', { 'f:metadata': { 'f:labels': {} } }),
      by('soon', null),
    ];
    const field = ['spec', 'renewTime'];
    expect(lastWrittenMs({ managedFields }, field)).toBe(Date.parse('2026-01-01T00:00:10Z'));
    expect(lastWrittenMs({ managedFields: managedFields.slice(1) }, field)).toBeUndefined();
  });
});
