/** A text made comparable, with the way back: `at[i]` is where the folded character i stood in the plain text. */
interface FoldedText {
  readonly folded: string;
  readonly at: readonly number[];
}

/** Marks of writing direction, zero-width joiners and soft hyphens: invisible, and copied along with numbers. */
const invisible = /[\u00AD\u061C\u200B-\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/gu;
const isDigit = /^\p{Nd}$/u;

/** Unicode keeps the ten digits of every script in one run, zero first. */
const digitValue = (digit: string): string => {
  let zero = digit.codePointAt(0) ?? 0;
  while (isDigit.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String(((digit.codePointAt(0) ?? 0) - zero) % 10);
};

/** Text without invisible marks and with the digits of any script as 0 to 9. */
export const plainText = (text: string): string =>
  text
    .normalize('NFC')
    .replaceAll(invisible, '')
    .replaceAll(/(?![0-9])\p{Nd}/gu, digitValue);

const foldCharacter = (character: string): string =>
  character
    .normalize('NFKD')
    .replaceAll(/\p{M}|\u0640/gu, '')
    .toLowerCase();

/** Letters beyond ASCII are few and come again and again; the Basic Multilingual Plane bounds the memory. */
const foldedCharacters = new Map<string, string>();

const foldOnce = (character: string): string => {
  let piece = foldedCharacters.get(character);
  if (piece === undefined) {
    piece = foldCharacter(character);
    if (character.length === 1) foldedCharacters.set(character, piece);
  }
  return piece;
};

/** Plain text in lower case and without diacritics, so that "Beställning", "bestallning" and "BESTÄLLNING" are one. */
export const fold = (plain: string): FoldedText => {
  let folded = '';
  const at: number[] = [];
  let position = 0;
  for (const character of plain) {
    const piece = foldOnce(character);
    for (let index = 0; index < piece.length; index += 1) at.push(position);
    folded += piece;
    position += character.length;
  }
  return { folded, at };
};
