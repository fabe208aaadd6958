import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';

// Numbers of orders, as people write them and the service reads them; pure.

/** Unicode keeps the ten digits of every script in one run, zero first. */
const plainDigit = (digit: string): string => {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
};

/** As the service reads its field: digits of any script, "#" and words around a number left out. */
export const numbersIn = (text: string): readonly string[] => {
  const parts = text
    .normalize('NFC')
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/(?![0-9])\p{Nd}/gu, plainDigit)
    .split(/[\s,;|#]+/)
    .map((part) => part.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter((part) => /\d/.test(part));
  return [...new Set(parts)];
};

/** A longer one is none to the service. */
const longestNumber = 40;

/** The one order number that people type or paste: "Order #1001" is 1001. Null where it is none, or more than one. */
export const orderNumberIn = (typed: string): string | null => {
  const [only, ...others] = numbersIn(typed);
  return only !== undefined && others.length === 0 && only.length <= longestNumber ? only : null;
};

/** What the service has read of the order number field under this number, which is found in either case. */
export const readNumber = (number: string, { orderField }: NonNullable<SidebarTicket['attribution']>) =>
  orderField.find((one) => one.number.toLowerCase() === number.toLowerCase());
