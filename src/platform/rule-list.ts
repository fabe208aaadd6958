import { InvalidInput } from '../core/errors.ts';

/**
 * A list of rules as a JSON file has it: the list alone, or `{"rules": [...]}` as the API tells them. Throws InvalidInput with
 * `what` the file is and an `example` of it where it is neither.
 */
export const readRuleList = (
  text: string,
  { what, example }: { readonly what: string; readonly example: string },
): readonly unknown[] => {
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new InvalidInput(
      `${what} are not JSON; write a list such as ${example}`,
      [{ field: 'file', reason: error instanceof Error ? error.message : 'not JSON' }],
      { cause: error },
    );
  }
  const isTold = content !== null && typeof content === 'object' && Object.keys(content).join() === 'rules';
  const list = isTold ? (content as { readonly rules: unknown }).rules : content;
  if (!Array.isArray(list))
    throw new InvalidInput(`${what} must be a JSON list of rules such as ${example}`, [
      { field: 'file', reason: 'is not a list' },
    ]);
  return list;
};
