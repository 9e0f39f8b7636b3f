import { describe, expect, it } from 'vitest';
import { details } from '../../../src/cli/observe/details.js';
import { judge } from '../../../src/cli/observe/judge.js';
import { sightOf } from '../../../src/cli/observe/read-locks.js';
import { hintLines, table } from '../../../src/cli/observe/table.js';
import type { Line } from '../../../src/cli/style.js';
import { span } from '../../../src/cli/text.js';
import { cellsOf } from '../../../src/text/cells.js';

const NOW_MS = Date.parse('2026-01-02T03:04:05Z');
const SECOND = 1000;
const HOUR = 3600 * SECOND;

interface Given {
  readonly namespace?: string;
  readonly name?: string;
  readonly holder?: string;
  readonly heldForMs?: number;
  readonly ageMs?: number;
  /** How far the holder's clock is behind that of the API server. */
  readonly clockBehindMs?: number;
}

const iso = (ms: number): string => new Date(ms).toISOString();

function lock(given: Given = {}) {
  const { namespace = 'default', name = 'report', holder = 'ann' } = given;
  const { heldForMs = 3.5 * HOUR, ageMs = SECOND } = given;
  const { clockBehindMs = 0 } = given;
  const place = { kind: 'lease', namespace, name } as const;
  const spec = {
    holderIdentity: holder,
    leaseDurationSeconds: 15,
    acquireTime: iso(NOW_MS - heldForMs - clockBehindMs),
    renewTime: iso(NOW_MS - ageMs - clockBehindMs),
    leaseTransitions: 1234,
  };
  const fieldsV1 = { 'f:spec': { 'f:renewTime': {} } };
  const managedFields = [{ time: iso(NOW_MS - ageMs), fieldsV1 }];
  const sight = sightOf(place, { metadata: { name, namespace, managedFields }, spec }, NOW_MS);
  return [place, judge({ sight, leaseDurationMs: 15_000, nowMs: NOW_MS })] as const;
}

const texts = (lines: readonly Line[]): string[] => lines.map(({ text }) => text);

/** As long as Kubernetes allows for a namespace, and as they are called by their controllers. */
const NAMESPACE = `production-${'europe-west-'.repeat(4)}4`.padEnd(63, 'x');
const POD = 'data-processor-for-invoices-and-reminders-of-europe-7d9f8b6c5d-x2k4p';
const UUID = '_0b5c5d0e-8d3b-4a5e-b0bd-8a2d6d1d2f1e';
const LONG = [
  lock({ namespace: NAMESPACE, name: `${POD}-lock`, holder: POD + UUID }),
  lock({ namespace: NAMESPACE, name: 'short', holder: '你好🦆'.repeat(20), ageMs: 26 * HOUR }),
];

describe('a table of locks with long names', () => {
  describe.each([60, 80, 120])('on %i columns', (columns) => {
    it.each([false, true])('shows when each was renewed and how it stands (-A: %s)', (all) => {
      const lines = texts(table(LONG, { columns, allNamespaces: all }));
      for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(columns);
      const [titles, held, expired] = lines;
      expect(titles).toMatch(/RENEWED +EXPIRES .*STANDING$/);
      expect(held).toMatch(/ 1 s ago +in 14 s .*held$/);
      expect(expired).toMatch(/ 26 h ago +ran out .*expired$/);
      // Its beginning and its end: pods of one Deployment differ there.
      expect(held).toMatch(/ dat\S*…\S*1e /);
    });
  });

  it('leaves out what matters less, transitions first', () => {
    const titles = (columns: number): string =>
      texts(table(LONG, { columns }))[0]?.replace(/ +/g, ' ') ?? '';
    expect(titles(120)).toBe('NAME LEADER FOR RENEWED EXPIRES TRANSITIONS STANDING');
    expect(titles(80)).toBe('NAME LEADER FOR RENEWED EXPIRES STANDING');
    expect(titles(60)).toBe('NAME LEADER RENEWED EXPIRES STANDING');
  });

  it('gives what short names leave over to the long ones', () => {
    const lines = texts(table([lock({ name: 'a', holder: POD })], { columns: 80 }));
    expect(lines[1]).toMatch(/^a {5}data-processor\S*…\S*-x2k4p +3 h /);
  });

  it('without a terminal is as wide as its names, which can be searched for', () => {
    expect(texts(table(LONG))[1]).toContain(`${POD}-lock`);
    expect(texts(table(LONG))[0]).toContain('TRANSITIONS');
  });

  it('keeps its columns below each other where characters are wide', () => {
    const lines = texts(table([lock({ holder: '你好🦆' }), lock({ holder: 'annann' })]));
    expect(lines[1]).toBe('report  你好🦆  3 h  1 s ago  in 14 s  1234         held');
    expect(lines[2]).toBe('report  annann  3 h  1 s ago  in 14 s  1234         held');
  });

  it('marks what is trouble in red, and the titles quietly', () => {
    expect(table(LONG).map(({ style }) => style)).toEqual(['dim', undefined, 'red']);
  });
});

describe('what is odd', () => {
  const late = ['a', 'b', 'c', 'd', 'e'].map((name) => lock({ name, ageMs: 60 * SECOND }));

  it('is said once for all the locks that it holds for', () => {
    const text = texts(hintLines([...late, lock()], 100))
      .join(' ')
      .replace(/ +/g, ' ');
    expect(text).toBe(
      '! Lease default/a, Lease default/b, Lease default/c and 2 more: The lease has run out, so ' +
        'nobody leads, though the record still names a holder, and nobody has taken over: start a ' +
        'candidate, or see with check whether those that run may update the object.',
    );
  });

  it('is said with its figures where it holds for one', () => {
    const [first] = late;
    const text = texts(hintLines([first!, lock()], 100)).join(' ');
    expect(text).toContain('! Lease default/a: The lease of 15 s was last renewed 60 s ago');
  });

  it.each([60, 80, 120])('fits into %i columns, whatever the names', (columns) => {
    for (const line of texts(hintLines(LONG, columns))) {
      expect(cellsOf(line)).toBeLessThanOrEqual(columns);
    }
  });
});

describe('the details of a lock', () => {
  it('say for how long it has been held', () => {
    const [place, held] = lock();
    expect(texts(details(place, held, { columns: 80 }))).toEqual([
      'Lease default/report',
      '  leader      ann',
      '  leads for   3 h, since 2026-01-01T23:34:05.000Z',
      "  renewed     1 s ago by the API server's clock (± 1 s)",
      '  expires     in 14 s unless renewed',
      '  lease       15 s',
      '  transitions 1234',
    ]);
  });

  it.each([60, 80, 120])('fit into %i columns where lines cannot be longer', (columns) => {
    for (const one of LONG) {
      for (const { text } of details(...one, { columns, narrow: true })) {
        expect(cellsOf(text)).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('have whole names where they can', () => {
    const [first] = LONG;
    const [heading, leader] = texts(details(...first!, { columns: 60 }));
    expect([heading, leader]).toEqual([
      `Lease ${NAMESPACE}/${POD}-lock`,
      `  leader      ${POD + UUID}`,
    ]);
  });

  it('do not count by two clocks: the holder’s is an hour behind', () => {
    const [, judgement] = lock({ clockBehindMs: HOUR, heldForMs: 60 * SECOND, ageMs: 0 });
    expect(judgement).toMatchObject({ standing: 'held', heldForMs: 60 * SECOND });
  });
});

describe('a time for people', () => {
  it.each([
    [4321, '4.3 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [119.9 * 60_000, '119 min'],
    [2 * HOUR, '2 h'],
    [47.9 * HOUR, '47 h'],
    [48 * HOUR, '2 d'],
    [1000 * HOUR, '41 d'],
  ])('%d ms is %s', (ms, words) => {
    expect(span(ms)).toBe(words);
  });
});
