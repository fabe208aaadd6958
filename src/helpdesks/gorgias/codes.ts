import { codeOf, fieldText } from '../mapping.ts';

/** What is wanted of a value: the last level of "A::B::C", the code that our own choices carry in "Name (code)", no tag's start. */
export const valueIn = (value: unknown, tagStart: string): string | null => {
  const last = fieldText(value)?.split('::').at(-1)?.trim();
  if (!last) return null;
  const bare = /\(([a-z0-9_-]+)\)$/i.exec(last)?.[1] ?? last;
  return bare.toLowerCase().startsWith(tagStart) ? bare.slice(tagStart.length) || null : bare;
};

/** A choice of a field that we make, readable and reversible. */
export const choiceOf = ({ code, name }: { readonly code: string; readonly name: string }): string =>
  name.trim() === '' || codeOf(name) === codeOf(code) ? code : `${name.replaceAll('::', ' ').trim()} (${code})`;
