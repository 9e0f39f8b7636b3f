import type { Board, BoardRow, LogLine } from './board.js';
import { truncate, wrap } from './text.js';

export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

interface Column {
  readonly titles: readonly [wide: string, narrow: string];
  readonly alignRight: boolean;
  cell(row: BoardRow): string;
}

const COLUMNS = {
  candidate: {
    titles: ['  candidate', '  candidate'],
    alignRight: false,
    cell: ({ name, isLeading }) => `${isLeading ? '*' : ' '} ${name}`,
  },
  pid: { titles: ['pid', 'pid'], alignRight: true, cell: ({ pid }) => String(pid ?? '-') },
  state: { titles: ['state', 'state'], alignRight: false, cell: ({ phase }) => phase },
  since: {
    titles: ['since', 'since'],
    alignRight: true,
    cell: ({ forMs }) => `${Math.max(0, Math.floor(forMs / 1000))} s`,
  },
  token: {
    titles: ['fencing token', 'token'],
    alignRight: true,
    cell: ({ fencingToken }) => String(fencingToken ?? '-'),
  },
  renewals: {
    titles: ['renewals', 'renews'],
    alignRight: true,
    cell: ({ renewals }) => String(renewals),
  },
} satisfies Record<string, Column>;

type ColumnName = keyof typeof COLUMNS;

/** The widest first; the first that fits is taken. What matters least goes first. */
const LAYOUTS: readonly { names: readonly ColumnName[]; narrow: 0 | 1; gap: number }[] = [
  { names: ['candidate', 'pid', 'state', 'since', 'token', 'renewals'], narrow: 0, gap: 3 },
  { names: ['candidate', 'pid', 'state', 'since', 'token', 'renewals'], narrow: 1, gap: 2 },
  { names: ['candidate', 'pid', 'state', 'since', 'token', 'renewals'], narrow: 1, gap: 1 },
  { names: ['candidate', 'state', 'since', 'token', 'renewals'], narrow: 1, gap: 1 },
  { names: ['candidate', 'state', 'since', 'token'], narrow: 1, gap: 1 },
  { names: ['candidate', 'state', 'since'], narrow: 1, gap: 1 },
  { names: ['candidate', 'state'], narrow: 1, gap: 1 },
];

const MIN_COLUMNS = 20;
const MAX_WIDTH = 100;
const MAX_LOG = 10;
const NARROW = 70;

const STYLES = { bold: '1', dim: '2', leader: '1;32', gone: '31', busy: '33', plain: '0' } as const;
type Style = keyof typeof STYLES;

/**
 * The lines of one picture of the board, each shorter than the terminal is wide, and fewer than it
 * is high: so that going up by as many lines leads back to its beginning.
 */
export function renderFrame(board: Board, { columns, rows, color }: FrameSize): string[] {
  // The last column stays free: a terminal may already be in the next line after writing there.
  const width = Math.min(Math.max(columns, MIN_COLUMNS) - 1, MAX_WIDTH);
  const paint = (text: string, style: Style): string =>
    color && text !== '' ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;

  const headline = wrap(board.headline, width).map((line) => truncate(line, width));
  const table = renderTable(board.rows, width, paint);
  const fixed = [...headline.map((line) => paint(line, 'bold')), '', ...table, ''];
  const room = Math.max(0, Math.min(MAX_LOG, rows - 1 - fixed.length));
  const latest = room === 0 ? [] : board.log.slice(-room);
  // Empty lines keep the height the same, so that nothing below moves.
  const padding = Array.from({ length: room - latest.length }, () => '');
  const log = latest.map((line) => paint(renderLogLine(line, width), 'dim'));
  return [...fixed, ...log, ...padding].slice(0, Math.max(1, rows - 1));
}

/** Where there is little room, the milliseconds go first. */
function renderLogLine({ time, text }: LogLine, width: number): string {
  const shown = width < NARROW ? time.replace(/\.\d+$/, '') : time;
  return truncate(`${shown}  ${text}`, width);
}

function renderTable(
  rows: readonly BoardRow[],
  width: number,
  paint: (text: string, style: Style) => string,
): string[] {
  const layouts = LAYOUTS.map((layout) => layOut(rows, layout));
  const fitting = layouts.find((lines) => lines.every((line) => line.length <= width));
  const [header = '', ...body] = fitting ?? layouts.at(-1) ?? [];
  return [
    paint(truncate(header, width), 'dim'),
    ...body.map((line, index) => {
      const row = rows[index];
      return paint(truncate(line, width), row === undefined ? 'dim' : styleOf(row));
    }),
  ];
}

function layOut(
  rows: readonly BoardRow[],
  { names, narrow, gap }: (typeof LAYOUTS)[number],
): string[] {
  const columns = names.map((name): Column => COLUMNS[name]);
  const cells = columns.map((column) => {
    const texts = [column.titles[narrow], ...rows.map((row) => column.cell(row))];
    // Room for the longest state, and for durations to grow, keeps the columns from jumping.
    const least = column === COLUMNS.state ? 'acquiring'.length : column === COLUMNS.since ? 5 : 0;
    const width = Math.max(least, ...texts.map((text) => text.length));
    return texts.map((text) => (column.alignRight ? text.padStart(width) : text.padEnd(width)));
  });
  const separator = ' '.repeat(gap);
  return Array.from({ length: rows.length + 1 }, (_, line) =>
    cells
      .map((column) => column[line] ?? '')
      .join(separator)
      .trimEnd(),
  );
}

function styleOf({ phase, isLeading }: BoardRow): Style {
  if (phase === 'killed') return 'gone';
  if (phase === 'ended') return 'dim';
  if (isLeading) return phase === 'leading' || phase === 'renewing' ? 'leader' : 'busy';
  return phase === 'starting' || phase === 'releasing' || phase === 'lost' ? 'busy' : 'plain';
}
