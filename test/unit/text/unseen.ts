/*
 * The characters that no output may contain, chosen here by what Unicode says of each and not by
 * the expression of the code under test.
 */
const KINDS = [
  /^\p{Cc}$/u,
  /^\p{Cf}$/u,
  /^\p{Zl}$/u,
  /^\p{Zp}$/u,
  /^\p{Cs}$/u,
  /^\p{Co}$/u,
  /^\p{Cn}$/u,
  /^\p{Default_Ignorable_Code_Point}$/u,
];

/** Whether a text, line breaks aside, holds one of them. Answers with the first, for the message. */
export function unseenIn(text: string): string | null {
  for (const character of text) {
    if (character === '\n') continue;
    if (KINDS.some((kind) => kind.test(character))) return character.codePointAt(0)!.toString(16);
  }
  return null;
}

/** All of them, in pieces that are shorter than what is cut. */
export function allUnseen(length: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const character = String.fromCodePoint(code);
    // Of the private and the unassigned planes one in 256 will do; of the rest all.
    const isRare = /^[\p{Cn}\p{Co}]$/u.test(character);
    if ((isRare && code % 256 > 1) || !KINDS.some((kind) => kind.test(character))) continue;
    piece += character;
    if (piece.length < length) continue;
    pieces.push(piece);
    piece = '';
  }
  return piece === '' ? pieces : [...pieces, piece];
}

/** Some of each kind, in one word. */
export const HOSTILE_WORD = String.fromCodePoint(
  ...[0x61, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x07, 0x00, 0x7f, 0x85, 0x9b, 0xad, 0x61c, 0x180e],
  ...[0x200b, 0x200f, 0x2028, 0x2029, 0x202e, 0x2060, 0x2066, 0x3164, 0xfeff, 0xfff9, 0xd800],
  ...[0xe000, 0xf0000, 0xe0001, 0xe0041, 0xe007f, 0x1ffff, 0x7a],
);
