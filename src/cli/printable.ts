/**
 * What comes from elsewhere (a holder's name, a label) as text that cannot move the cursor, colour
 * the terminal or forge a line.
 */
export function printable(text: string, { keepLines = false } = {}): string {
  return text.replace(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, (character) =>
    keepLines && character === '\n'
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
