import { InvalidInput } from '../../core/errors.ts';

/** read: reports and tickets. write: decisions and imports. rates: true cost per entry and per agent (RULES.md section 10). */
export const allScopes = ['read', 'write', 'rates'] as const;

export type Scope = (typeof allScopes)[number];

/** "read,rates" to scopes; throws InvalidInput naming the known ones. */
export const parseScopes = (text: string): Scope[] => {
  const wanted = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const unknown = wanted.filter((part) => !(allScopes as readonly string[]).includes(part));
  if (wanted.length === 0 || unknown.length > 0)
    throw new InvalidInput(`Scopes are a list of ${allScopes.join(', ')}, separated by commas`, [
      { field: 'scopes', reason: unknown.length > 0 ? `unknown: ${unknown.join(', ')}` : 'none given' },
    ]);
  return allScopes.filter((scope) => wanted.includes(scope));
};
