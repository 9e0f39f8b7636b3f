import { describe, expect, it } from 'vitest';
import { AT_FIRST } from '../../../../src/cli/demo/report.js';
import { table, type Row } from '../../../../src/cli/demo/words.js';
import { fit } from '../../../../src/cli/live-area.js';
import { machineNow } from '../../../../src/cli/machine-time.js';

function row(name: string, more: Partial<Row> = {}): Row {
  const since = machineNow() - 3500;
  return { name, pid: 12345, phase: 'acquiring', leads: false, since, facts: AT_FIRST, ...more };
}

const ROWS = [
  row('candidate-1', { phase: 'killed', facts: { ...AT_FIRST, fencingToken: '5', renewals: 2 } }),
  row('candidate-2', {
    phase: 'renewing',
    leads: true,
    facts: { ...AT_FIRST, fencingToken: '1234', renewals: 7 },
  }),
  row('candidate-3', { pid: null }),
];

describe('the table of the demo', () => {
  it('shows everything, in less than 60 columns', () => {
    expect(table(ROWS).map(({ text }) => text)).toEqual([
      '  candidate    state      since  token  renewals  pid',
      '  candidate-1  killed     3 s    5      2         12345',
      '* candidate-2  renewing   3 s    1234   7         12345',
      '  candidate-3  acquiring  3 s    -      0         -',
    ]);
  });

  it('has colours for what matters', () => {
    expect(table(ROWS).map(({ style }) => style)).toEqual(['dim', 'red', 'green', undefined]);
  });

  it.each([100, 80, 60, 50, 40, 30, 21])(
    'at %i columns no line reaches the last one',
    (columns) => {
      for (const { text } of fit(table(ROWS), { columns, rows: 24 })) {
        expect(text.length).toBeLessThan(columns);
      }
    },
  );

  it('loses the least important columns where there is no room', () => {
    const [header] = fit(table(ROWS), { columns: 33, rows: 24 });
    expect(header?.text).toBe('  candidate    state      since…');
  });
});
