/*
 * How wide text will be, without a browser to ask: the widths of Helvetica and Arial in units of
 * the font size, on the generous side, since other fonts may take their place.
 */

const NARROW = /[ijl.,;:'|!I()[\]ftr -]/;
const WIDE = /[mwMW@%]/;

export const FONT_FAMILY = "Helvetica, Arial, 'Liberation Sans', sans-serif";

/** The width of one line of text, in pixels. */
export function textWidth(text: string, fontSize: number, bold = false): number {
  let width = 0;
  for (const character of text) {
    if (NARROW.test(character)) width += 0.34;
    else if (WIDE.test(character)) width += 0.88;
    else width += /[A-Z]/.test(character) ? 0.7 : 0.56;
  }
  return Math.ceil(width * fontSize * (bold ? 1.08 : 1));
}

/** Breaks text into lines that are no wider than `maxWidth`, except where a single word is. */
export function wrap(text: string, fontSize: number, maxWidth: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`, fontSize) <= maxWidth) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
