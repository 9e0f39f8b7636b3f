import { cellsOf, shortenMiddle } from '../../text/cells.js';
import type { Line } from '../style.js';
import { columns as sideBySide, span } from '../text.js';
import type { Hint } from './hints.js';
import type { Judgement, Standing } from './judge.js';
import type { Place } from './read-locks.js';
import { placeName, shown, warning } from './words.js';

type Lock = readonly [Place, Judgement];

export interface TableOptions {
  /** How wide a line may be; null: as wide as its names are. */
  readonly columns?: number | null;
  /** The locks are of several namespaces. */
  readonly allNamespaces?: boolean;
}

interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  /** `name`: it can be shortened. `spare`: it can be left out, the last one first. */
  readonly role: 'name' | 'spare' | 'fixed';
}

/** In a table, where one of them decides how wide all lines are: a host name and a UUID fit. */
const LONGEST_CELL = 100;
/** Names of that many characters can mostly be told apart. */
const TELLING = 16;
const SHORTEST_CELL = 4;
const BETWEEN = 2;

/** One line for each lock, under a line of titles. */
export function table(locks: readonly Lock[], options: TableOptions = {}): Line[] {
  const { columns = null, allNamespaces = false } = options;
  const all = columnsOf(locks, allNamespaces);
  const kept = columns === null ? all : squeezed(withoutSpare(all, columns), columns);
  const texts = kept.map(({ title, cells }) => [title, ...cells]);
  const rows = ['', ...locks].map((_, row) => texts.map((cells) => cells[row] ?? ''));
  const [titles = '', ...lines] = sideBySide(rows);
  return [
    { text: titles, style: 'dim' },
    ...lines.map((text, index): Line => ({
      text,
      style: STYLES[locks[index]?.[1].standing ?? 'held'],
    })),
  ];
}

const STYLES: Readonly<Record<Standing, Line['style']>> = {
  held: undefined,
  expired: 'red',
  unreadable: 'red',
  released: 'dim',
  empty: 'dim',
  missing: 'dim',
};

function columnsOf(locks: readonly Lock[], allNamespaces: boolean): Column[] {
  const column = (
    title: string,
    role: Column['role'],
    cell: (place: Place, judgement: Judgement) => string | null,
  ): Column => ({ title, role, cells: locks.map((lock) => cell(...lock) ?? '-') });
  const name = (text: string | null): string | null =>
    text === null ? null : shortenMiddle(shown(text), LONGEST_CELL);
  return [
    ...(allNamespaces ? [column('NAMESPACE', 'name', ({ namespace }) => name(namespace))] : []),
    column('NAME', 'name', (place) => name(place.name)),
    column('LEADER', 'name', (_, { holder }) => name(holder)),
    column('FOR', 'spare', (_, { heldForMs }) => orNull(heldForMs, whole)),
    column('RENEWED', 'fixed', (_, { ageMs }) => orNull(ageMs, (ms) => `${whole(ms)} ago`)),
    column('EXPIRES', 'fixed', (_, { expiresInMs }) =>
      orNull(expiresInMs, (ms) => (ms > 0 ? `in ${whole(ms)}` : 'ran out')),
    ),
    column('TRANSITIONS', 'spare', (_, { record }) =>
      record === null ? null : String(record.leaderTransitions),
    ),
    column('STANDING', 'fixed', (_, { standing }) => standing),
  ];
}

/** Without fractions: columns that are drawn again and again keep their widths. */
function whole(ms: number): string {
  return span(ms, 0);
}

function orNull(ms: number | null, words: (ms: number) => string): string | null {
  return ms === null ? null : words(ms);
}

/** Leaves out what matters least, as long as the names would have to be too short otherwise. */
function withoutSpare(columns: readonly Column[], width: number): readonly Column[] {
  const names = columns.filter(({ role }) => role === 'name').map(widthOf);
  const wanted = names.reduce((sum, natural) => sum + Math.min(natural, TELLING), 0);
  const spare = columns.findLast(({ role }) => role === 'spare');
  if (spare === undefined || roomFor(columns, width) >= wanted) return columns;
  return withoutSpare(
    columns.filter((column) => column !== spare),
    width,
  );
}

/** What the columns that cannot be shortened leave to those that can. */
function roomFor(columns: readonly Column[], width: number): number {
  const taken = columns.map((column) => (column.role === 'name' ? 0 : widthOf(column)));
  return width - taken.reduce((sum, cells) => sum + cells, 0) - BETWEEN * (columns.length - 1);
}

function squeezed(columns: readonly Column[], width: number): readonly Column[] {
  const names = columns.filter(({ role }) => role === 'name').map(widthOf);
  const room = roomFor(columns, width);
  let most = Math.max(...names);
  // What a short name leaves over is for the long ones.
  const needs = (): number => names.reduce((sum, natural) => sum + Math.min(natural, most), 0);
  while (most > SHORTEST_CELL && needs() > room) most -= 1;
  return columns.map((column) => {
    if (column.role !== 'name') return column;
    const [title = '', ...cells] = [column.title, ...column.cells].map((cell) =>
      shortenMiddle(cell, most),
    );
    return { ...column, title, cells };
  });
}

function widthOf({ title, cells }: Column): number {
  return Math.max(...[title, ...cells].map(cellsOf));
}

const MOST_NAMES = 3;

/** What is odd about the locks: each thing once, with the locks that it holds for. */
export function hintLines(locks: readonly Lock[], columns: number): Line[] {
  const found = new Map<string, { readonly hint: Hint; readonly places: Place[] }>();
  for (const [place, { hints }] of locks) {
    for (const hint of hints) {
      const known = found.get(hint.code);
      if (known === undefined) found.set(hint.code, { hint, places: [place] });
      else known.places.push(place);
    }
  }
  return [...found.values()].flatMap(({ hint, places }) => {
    const text = places.length > 1 ? (hint.ofSeveral ?? hint.text) : hint.text;
    // That of this machine is nobody else's.
    const who = hint.code === 'localClock' ? '' : `${listed(places, columns)}: `;
    return warning(who + text, columns);
  });
}

function listed(places: readonly Place[], columns: number): string {
  const names = places
    .slice(0, MOST_NAMES)
    .map((place) => shortenMiddle(placeName(place), columns - '! ,:'.length));
  const more = places.length - names.length;
  return names.join(', ') + (more === 0 ? '' : ` and ${more} more`);
}
