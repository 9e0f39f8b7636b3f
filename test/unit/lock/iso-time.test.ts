import { describe, expect, it } from 'vitest';
import { parseIsoDuration, toMicroTime } from '../../../src/lock/iso-time.js';

describe('a time becomes a MicroTime', () => {
  it.each([
    ['six digits', '2026-03-01T12:00:00.123456Z', '2026-03-01T12:00:00.123456Z'],
    ['three digits', '2026-03-01T12:00:00.123Z', '2026-03-01T12:00:00.123000Z'],
    ['no digits', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000000Z'],
    ['nine digits', '2026-03-01T12:00:00.123456789Z', '2026-03-01T12:00:00.123456Z'],
    ['a zone east of Greenwich', '2026-03-01T01:30:00.5+02:00', '2026-02-28T23:30:00.500000Z'],
    ['a zone west of Greenwich', '2026-12-31T20:00:00-0500', '2027-01-01T01:00:00.000000Z'],
    ["Python's local time", '2026-03-01 12:00:00.123456', '2026-03-01T12:00:00.123456Z'],
    ['a leap day', '2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000000Z'],
  ])('from %s', (_, text, expected) => {
    expect(toMicroTime(text)).toBe(expected);
  });

  it.each(['', 'now', '2026-03-01', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '12:00:00'])(
    'but not from %j',
    (text) => {
      expect(toMicroTime(text)).toBeNull();
    },
  );
});

describe('an ISO 8601 duration', () => {
  it.each([
    ['PT1S', 1],
    ['PT15S', 15],
    ['PT1.5S', 1.5],
    ['PT1M30S', 90],
    ['P1DT1H', 90_000],
    ['PT', null],
    ['P', null],
    ['15', null],
    ['', null],
  ])('%j is %j seconds', (text, expected) => {
    expect(parseIsoDuration(text)).toBe(expected);
  });
});
