import { shortenMiddle } from '../../text/cells.js';
import type { Line } from '../style.js';
import { span } from '../text.js';
import type { Judgement, Standing } from './judge.js';
import type { Place } from './read-locks.js';
import { placeName, shown, warning } from './words.js';

const BY: Record<NonNullable<Judgement['ageBy']>, string> = {
  apiServer: "by the API server's clock (± 1 s)",
  observation: 'as seen from here',
  holder: "by the holder's clock only",
};

const HEADLINE: Record<Judgement['standing'], string> = {
  held: '',
  expired: '(expired but still named)',
  released: 'nobody (released)',
  empty: 'nobody (no election record)',
  unreadable: 'unknown (the record cannot be read)',
  missing: 'nobody (no such object)',
};

interface DetailsOptions {
  /** How wide a line of sentences may be. */
  readonly columns: number;
  /** Names are shortened, too: where lines cannot be any wider. */
  readonly narrow?: boolean;
}

/** All there is to say of one lock. */
export function details(
  place: Place,
  judgement: Judgement,
  { columns, narrow = false }: DetailsOptions,
): Line[] {
  const { standing } = judgement;
  const heading = placeName(place);
  const [leader, ...rows] = rowsOf(judgement, narrow ? columns - LABEL : Infinity);
  return [
    { text: narrow ? shortenMiddle(heading, columns) : heading, style: 'bold' },
    { text: leader, style: STYLES[standing] },
    ...rows.map((text) => ({ text })),
    ...judgement.hints.flatMap(({ text }) => warning(text, columns, '  ')),
  ];
}

/** So wide is what stands before the values. */
const LABEL = 14;

const STYLES: Readonly<Partial<Record<Standing, Line['style']>>> = {
  held: 'green',
  expired: 'red',
  unreadable: 'red',
};

function rowsOf(judgement: Judgement, width: number): [string, ...string[]] {
  const { holder, record, ageMs, ageBy, expiresInMs, heldForMs, standing } = judgement;
  const headline = HEADLINE[standing];
  const name = holder === null ? '' : shortenMiddle(shown(holder), width - headline.length - 1);
  const row = (label: string, value: string): string => `  ${label.padEnd(LABEL - 2)}${value}`;
  const rows: string[] = [];
  if (holder !== null && record !== null) {
    const since = shown(record.acquireTime) || '-';
    if (heldForMs === null) rows.push(row('since', since));
    else rows.push(row('leads for', `${span(heldForMs)}, since ${since}`));
  }
  if (ageMs !== null && ageBy !== null) {
    rows.push(row(holder === null ? 'written' : 'renewed', `${span(ageMs)} ago ${BY[ageBy]}`));
  }
  if (expiresInMs !== null) rows.push(row('expires', expiry(expiresInMs)));
  if (record !== null) {
    if (holder !== null) rows.push(row('lease', `${record.leaseDurationSeconds} s`));
    rows.push(row('transitions', String(record.leaderTransitions)));
  }
  return [row('leader', `${name} ${headline}`.trim()), ...rows];
}

function expiry(ms: number): string {
  return ms > 0 ? `in ${span(ms)} unless renewed` : `ran out ${span(-ms)} ago`;
}
