/**
 * Times as the API server reads them: Go's `time.Parse` with a fixed layout. It is stricter than
 * `Date.parse`, and clients meet its error text, so both are reproduced here.
 */
interface LayoutPart {
  readonly layout: string;
  readonly pattern: RegExp;
  readonly max?: number;
  readonly range?: string;
}

const DATE_AND_TIME: readonly LayoutPart[] = [
  { layout: '2006', pattern: /^\d{4}/ },
  { layout: '-', pattern: /^-/ },
  { layout: '01', pattern: /^\d{2}/, max: 12, range: 'month' },
  { layout: '-', pattern: /^-/ },
  { layout: '02', pattern: /^\d{2}/ },
  { layout: 'T', pattern: /^T/ },
  { layout: '15', pattern: /^\d{1,2}/, max: 23, range: 'hour' },
  { layout: ':', pattern: /^:/ },
  { layout: '04', pattern: /^\d{2}/, max: 59, range: 'minute' },
  { layout: ':', pattern: /^:/ },
  { layout: '05', pattern: /^\d{2}/, max: 59, range: 'second' },
];
const ZONE: LayoutPart = { layout: 'Z07:00', pattern: /^(Z|[+-]\d{2}:\d{2})/ };

const MICRO_TIME: readonly LayoutPart[] = [
  ...DATE_AND_TIME,
  { layout: '.000000', pattern: /^[.,]\d{6}/ },
  ZONE,
];
// Seconds may carry a fraction of any length where the layout has none.
const TIME: readonly LayoutPart[] = [
  ...DATE_AND_TIME.slice(0, -1),
  { layout: '05', pattern: /^\d{2}([.,]\d+)?/, max: 59, range: 'second' },
  ZONE,
];

export type ParsedTime = { readonly ok: true; readonly value: string } | ParseFailure;
interface ParseFailure {
  readonly ok: false;
  readonly error: string;
}

/** `metav1.MicroTime`: exactly six fractional digits; `Z` or an offset, written back as UTC. */
export function parseMicroTime(value: string): ParsedTime {
  const parsed = parse(MICRO_TIME, value);
  if (Array.isArray(parsed)) {
    const micros = (parsed[11] ?? '').slice(1);
    return { ok: true, value: inUtc(parsed, parsed[12]).replace('.000Z', `.${micros}Z`) };
  }
  return parsed;
}

/** `metav1.Time`: RFC 3339, written back in UTC with whole seconds. */
export function parseTime(value: string): ParsedTime {
  const parsed = parse(TIME, value);
  if (Array.isArray(parsed)) {
    return { ok: true, value: inUtc(parsed, parsed[11]).replace('.000Z', 'Z') };
  }
  return parsed;
}

function parse(layout: readonly LayoutPart[], value: string): string[] | ParseFailure {
  const layoutText = layout.map((part) => part.layout).join('');
  const quoted = JSON.stringify(value);
  const found: string[] = [];
  let rest = value;
  for (const part of layout) {
    const match = part.pattern.exec(rest)?.[0];
    if (match === undefined) {
      const where = `cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part.layout)}`;
      return {
        ok: false,
        error: `parsing time ${quoted} as ${JSON.stringify(layoutText)}: ${where}`,
      };
    }
    const number = Number.parseInt(match, 10);
    if (part.max !== undefined && (number > part.max || (part.range === 'month' && number < 1))) {
      return { ok: false, error: `parsing time ${quoted}: ${part.range ?? ''} out of range` };
    }
    found.push(match);
    rest = rest.slice(match.length);
  }
  if (rest !== '') {
    return { ok: false, error: `parsing time ${quoted}: extra text: ${JSON.stringify(rest)}` };
  }
  const [year = '', , month = '', , day = ''] = found;
  const daysInMonth = new Date(utc(Number(year), Number(month) + 1, 0)).getUTCDate();
  if (Number(day) < 1 || Number(day) > daysInMonth) {
    return { ok: false, error: `parsing time ${quoted}: day out of range` };
  }
  return found;
}

function inUtc(parts: readonly string[], zone = 'Z'): string {
  const [year, , month, , day, , hour, , minute, , second = '0'] = parts.map((p) => p);
  const local = utc(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number.parseInt(second, 10),
  );
  if (zone === 'Z') return new Date(local).toISOString();
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  const offsetMs = (hours * 60 + minutes) * 60_000 * (zone.startsWith('-') ? -1 : 1);
  return new Date(local - offsetMs).toISOString();
}

// `Date.UTC` takes the years before 100 for years of the twentieth century.
function utc(year: number, month: number, ...rest: number[]): number {
  const [day = 1, hour = 0, minute = 0, second = 0] = rest;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second);
}
