import { describe, expect, it } from 'vitest';
import type { Board, BoardRow } from '../../../../src/cli/demo/board.js';
import { renderFrame } from '../../../../src/cli/demo/render.js';

function row(name: string, more: Partial<BoardRow> = {}): BoardRow {
  return {
    name,
    pid: 12345,
    phase: 'acquiring',
    isLeading: false,
    forMs: 3999,
    fencingToken: null,
    renewals: 0,
    ...more,
  };
}

const BOARD: Board = {
  headline: 'Step 2 of 4, crash: killing candidate-1 (SIGKILL), which can tell nobody.',
  rows: [
    row('candidate-1', { phase: 'killed', fencingToken: 5n, renewals: 2 }),
    row('candidate-2', { phase: 'renewing', isLeading: true, fencingToken: 1234n, renewals: 7 }),
    row('candidate-3', { pid: null }),
  ],
  log: [
    { time: '12:00:00.123', text: 'candidate-1 is dead' },
    { time: '12:00:04.456', text: 'candidate-2 LEADS now, with fencing token 1234' },
  ],
};

const SIZE = { columns: 80, rows: 24, color: false };

describe('the table of the demo', () => {
  it('at 80 columns shows everything', () => {
    const lines = renderFrame(BOARD, SIZE);
    expect(lines.slice(0, 9)).toEqual([
      'Step 2 of 4, crash: killing candidate-1 (SIGKILL), which can tell nobody.',
      '',
      '  candidate       pid   state       since   fencing token   renewals',
      '  candidate-1   12345   killed        3 s               5          2',
      '* candidate-2   12345   renewing      3 s            1234          7',
      '  candidate-3       -   acquiring     3 s               -          0',
      '',
      '12:00:00.123  candidate-1 is dead',
      '12:00:04.456  candidate-2 LEADS now, with fencing token 1234',
    ]);
    expect(lines.slice(9).join('')).toBe('');
  });

  it('at 50 columns still has every column, with shorter titles', () => {
    const lines = renderFrame(BOARD, { ...SIZE, columns: 50 });
    expect(lines).toContain('  candidate     pid state     since token renews');
    expect(lines).toContain('* candidate-2 12345 renewing    3 s  1234      7');
    expect(lines).toContain('12:00:04  candidate-2 LEADS now, with fencing ...');
  });

  it('gives up the least important columns where there is no room', () => {
    const [header] = renderFrame(BOARD, { ...SIZE, columns: 34 }).filter((line) =>
      line.includes('candidate '),
    );
    expect(header).toBe('  candidate   state     since');
  });

  it.each([200, 100, 80, 60, 50, 40, 30, 21, 20])(
    'at %i columns no line reaches the last one',
    (columns) => {
      const long = { ...BOARD, headline: `${BOARD.headline} ${'x'.repeat(150)}` };
      for (const line of renderFrame(long, { ...SIZE, columns })) {
        expect(line.length).toBeLessThan(columns);
      }
    },
  );

  it.each([40, 24, 10, 5, 2])('at %i rows it leaves one row free', (rows) => {
    expect(renderFrame(BOARD, { ...SIZE, rows }).length).toBeLessThan(rows);
  });

  it('keeps its height while the log grows, so that nothing below it moves', () => {
    const empty = renderFrame({ ...BOARD, log: [] }, SIZE);
    const entry = { time: '12:00:00.000', text: 'x' };
    const full = renderFrame({ ...BOARD, log: Array.from({ length: 30 }, () => entry) }, SIZE);
    expect(full.length).toBe(empty.length);
  });

  it('shows the latest log lines where not all fit', () => {
    const log = Array.from({ length: 30 }, (_, index) => ({
      time: '12:00:00.000',
      text: `line ${index}`,
    }));
    const lines = renderFrame({ ...BOARD, log }, { ...SIZE, rows: 12 });
    expect(lines.at(-1)).toBe('12:00:00.000  line 29');
  });

  it('has colours that change nothing else, and none without colour', () => {
    const plain = renderFrame(BOARD, SIZE);
    const coloured = renderFrame(BOARD, { ...SIZE, color: true });
    expect(plain.join('\n')).not.toContain('\u001b');
    expect(coloured.join('\n')).toContain('\u001b[1;32m* candidate-2');
    // eslint-disable-next-line no-control-regex -- terminals are controlled by these
    expect(coloured.map((line) => line.replace(/\u001b\[[\d;]*m/g, ''))).toEqual(plain);
  });
});
