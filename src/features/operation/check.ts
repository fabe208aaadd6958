import { AppError } from '../../core/errors.ts';

/** One thing that was looked at. A warning and a fault have a next step. */
export type Check =
  | { readonly what: string; readonly state: 'ok'; readonly found: string }
  | { readonly what: string; readonly state: 'warning' | 'fault'; readonly found: string; readonly next: string };

/** Of an error that is ours, its own words; of another its name alone, for its words may hold anything. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof AppError) return error.message;
  const { name, code } = error as { name?: string; code?: string };
  return [name ?? 'error', code].filter((part) => part !== undefined).join(' ');
};

/** What `work` found, or its failure as a fault with this next step. */
export const attempt = async (what: string, next: string, work: () => Promise<string>): Promise<Check> => {
  try {
    return { what, state: 'ok', found: await work() };
  } catch (error) {
    return { what, state: 'fault', found: reasonOf(error), next };
  }
};
