import { describe, expect, it } from 'vitest';
import type { Report, ReportBody } from '../e2e/fleet/report.js';
import { check, type LockRecord } from './checker.js';

const LEASE_MS = 4_000;

function said(at: number, who: string, body: ReportBody): Report {
  return { at, who, ...body };
}

function held(holder: string, at: number): LockRecord {
  return { holder, writtenAfter: at - 100, writtenBefore: at };
}

const reign = (who: string, from: number, to: number): Report[] => [
  said(from, who, { event: 'leads' }),
  said(to, who, { event: 'leadsNoMore', lastTrue: to }),
];

const causes = (reports: Report[], records: LockRecord[]): string[] =>
  check(reports, records, LEASE_MS, 60_000).overlaps.map(({ cause }) => cause);

describe('who is to blame for an overlap', () => {
  it('theirs, that led on when its lease was over', () => {
    const reports = [...reign('theirs-1', 0, 9_000), ...reign('ours-1', 5_500, 8_000)];
    expect(causes(reports, [held('theirs-1', 1_000), held('ours-1', 5_500)])).toEqual([
      'theirs beside ours',
    ]);
  });

  it('ours, that took a lease which was not over', () => {
    const reports = [...reign('theirs-1', 0, 9_000), ...reign('ours-1', 4_500, 8_000)];
    expect(causes(reports, [held('theirs-1', 1_000), held('ours-1', 4_500)])).toEqual(['ours']);
  });

  it('theirs, that took the lease of ours before it was over', () => {
    const renewed = said(3_010, 'ours-1', { event: 'renewed', sentAt: 3_000 });
    const reports = [renewed, ...reign('ours-1', 0, 4_000), ...reign('theirs-1', 3_500, 9_000)];
    expect(causes(reports, [held('ours-1', 3_010), held('theirs-1', 3_500)])).toEqual([
      'theirs beside ours',
    ]);
  });

  it('ours, that led on longer than a lease after its last renewal', () => {
    const renewed = said(3_010, 'ours-1', { event: 'renewed', sentAt: 3_000 });
    const reports = [renewed, ...reign('ours-1', 0, 7_500), ...reign('theirs-1', 7_200, 9_000)];
    expect(causes(reports, [held('ours-1', 3_010), held('theirs-1', 7_200)])).toEqual(['ours']);
  });

  it('ours, that led on after its own release', () => {
    const reports = [...reign('ours-1', 0, 3_000), ...reign('theirs-1', 2_500, 9_000)];
    const records = [held('ours-1', 50), held('', 2_000), held('theirs-1', 2_500)];
    expect(causes(reports, records)).toEqual(['ours']);
  });

  it('ours, where both are ours, and theirs, where both are theirs', () => {
    const both = (side: string) => [
      ...reign(`${side}-1`, 0, 3_000),
      ...reign(`${side}-2`, 2_000, 5_000),
    ];
    expect(causes(both('ours'), [held('ours-1', 0)])).toEqual(['ours']);
    expect(causes(both('theirs'), [held('theirs-1', 0)])).toEqual(['theirs']);
  });
});

it('a hand-over is from one candidate to another, and its margin what lies between', () => {
  const reports = [
    ...reign('ours-1', 0, 1_000),
    ...reign('theirs-1', 1_500, 2_000),
    ...reign('theirs-1', 3_000, 4_000),
    ...reign('ours-2', 3_900, 5_000),
  ];
  const { handOvers } = check(reports, [held('', 1_200)], LEASE_MS, 60_000);
  expect(handOvers.map(({ from, to, marginMs }) => [from.who, to.who, marginMs])).toEqual([
    ['ours-1', 'theirs-1', 500],
    ['theirs-1', 'ours-2', -100],
  ]);
});
