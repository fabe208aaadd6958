import { InvalidInput } from '../core/errors.ts';

/**
 * A list as a JSON file has it: alone, or as the API tells it, in an object under `name` and nothing beside it. Throws
 * InvalidInput with `what` the file is and an `example` of it where it is neither.
 */
export const readJsonList = (
  text: string,
  { what, name, example }: { readonly what: string; readonly name: string; readonly example: string },
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
  const isTold = content !== null && typeof content === 'object' && Object.keys(content).join() === name;
  const list = isTold ? (content as Readonly<Record<string, unknown>>)[name] : content;
  if (!Array.isArray(list))
    throw new InvalidInput(`${what} must be a JSON list of ${name} such as ${example}`, [
      { field: 'file', reason: 'is not a list' },
    ]);
  return list;
};
