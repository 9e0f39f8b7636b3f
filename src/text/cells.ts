/** What takes two columns of a terminal: most emoji, and the scripts of East Asia in full width. */
const WIDE =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
/** Katakana and Hangul of half the width, from the days of terminals that could not do otherwise. */
const HALF_WIDTH = /^[\uff61-\uffdc]/;
const PLAIN = /^[\x20-\x7e]*$/;

// What a reader takes for one character: a letter with its accents, a flag.
const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How many columns of a terminal the text takes, as nearly as can be told from outside. */
export function cellsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return [...characters.segment(text)].reduce((sum, { segment }) => sum + widthOf(segment), 0);
}

/** Cuts text that is too wide at its end, and shows that by three dots. */
export function cutToCells(text: string, most: number): string {
  if (PLAIN.test(text) && text.length <= most) return text;
  const kept: string[] = [];
  let cells = 0;
  for (const { segment } of characters.segment(text)) {
    cells += widthOf(segment);
    kept.push(segment);
    if (cells > most) return `${fitting(kept, most - 1).join('')}…`;
  }
  return text;
}

/** Leaves the middle of a text that is too wide out: names often differ at their ends. */
export function shortenMiddle(text: string, most: number): string {
  if (cellsOf(text) <= most) return text;
  const all = [...characters.segment(text)].map(({ segment }) => segment);
  const head = fitting(all, Math.ceil((most - 1) / 2));
  const left = most - 1 - cellsOf(head.join(''));
  const tail = fitting(all.slice(head.length).reverse(), left).reverse();
  return `${head.join('')}…${tail.join('')}`;
}

/** As many of the first ones as go into that many columns. */
function fitting(segments: readonly string[], most: number): string[] {
  let cells = 0;
  const end = segments.findIndex((segment) => (cells += widthOf(segment)) > most);
  return segments.slice(0, end < 0 ? undefined : end);
}

function widthOf(segment: string): number {
  return WIDE.test(segment) && !HALF_WIDTH.test(segment) ? 2 : 1;
}
