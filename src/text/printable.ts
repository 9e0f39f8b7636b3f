/**
 * What a terminal, a log or a reader could be misled by, and nobody can see: control characters,
 * marks that turn the direction of text, soft hyphens, joiners, fillers, tags, line separators,
 * halves of surrogate pairs, private and unassigned characters.
 */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

export interface PrintableOptions {
  /** Line breaks stay as they are. */
  readonly keepLines?: boolean;
  /** Longer text is cut. Default: it is not. */
  readonly most?: number;
}

/**
 * What comes from elsewhere (a server, a record, a plugin, a flag) as text that cannot move the
 * cursor, colour the terminal, forge a line or hide a part of itself. What is printable already
 * stays as it is.
 */
export function printable(
  text: string,
  { keepLines = false, most }: PrintableOptions = {},
): string {
  // Cut before as well: escapes of a megabyte that nobody will read are a lot of work.
  const cut = most === undefined ? text : shorten(text, most);
  const harmless = cut.replace(UNSEEN, (character) =>
    keepLines && character === '\n' ? character : escaped(character),
  );
  return most === undefined ? harmless : shorten(harmless, most);
}

/** Of a message of several sentences, in a line of a log or in an error. */
const LONGEST_MESSAGE = 10_000;

/** The same for messages, which may have several lines: nobody reads more of them than this. */
export function harmless(message: string): string {
  return printable(message, { keepLines: true, most: LONGEST_MESSAGE });
}

/** Cuts text that is too long, and shows that by three dots. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** `JSON.stringify` whose text is as harmless as {@link printable}, and means the same. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(UNSEEN, (character) =>
    // Inside of strings line breaks are escaped already; these are those between the lines.
    character === '\n' ? character : character.split('').map(unit).join(''),
  );
}

function escaped(character: string): string {
  return character.length === 1
    ? unit(character)
    : `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

function unit(half: string): string {
  return `\\u${half.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
