import { safePattern } from '../../platform/safe-pattern.ts';
import type { NumberPattern } from '../attribution/index.ts';
import type { Connection, Directory } from '../directory/index.ts';

/** The patterns that a connection's settings hold for texts of a language, "*" standing for any; of an unknown one, all. */
const patternsOf = ({ settings }: Pick<Connection, 'settings'>, language: string | null): string[] => {
  const { orderNumberPattern, orderNumberPatterns } = settings;
  const byLanguage =
    orderNumberPatterns !== null && typeof orderNumberPatterns === 'object' ? Object.entries(orderNumberPatterns) : [];
  const fitting = byLanguage.flatMap(([of, pattern]) =>
    typeof pattern === 'string' && (of === '*' || language === null || of === language) ? [pattern] : [],
  );
  return typeof orderNumberPattern === 'string' ? [orderNumberPattern, ...fitting] : fitting;
};

/**
 * How order numbers are written beside the usual ways: the helpdesk's own pattern, for orders of any store, and those of every
 * store for its own orders, for the language of the text. Patterns were checked when they were set.
 */
export const numberPatterns = async (
  directory: Pick<Directory, 'connections'>,
  helpdesk: Connection,
): Promise<(language: string | null) => readonly NumberPattern[]> => {
  const stores = (await directory.connections.list()).filter(
    ({ settings }) => settings.orderNumberPatterns !== undefined,
  );
  return (language) => {
    const spoken = language?.split('-')[0]?.toLowerCase() ?? null;
    const patterns = (connection: Connection, connectionId: number | null): NumberPattern[] =>
      [...new Set(patternsOf(connection, spoken))].flatMap((source) => {
        const pattern = safePattern(source);
        return pattern ? [{ pattern, connectionId }] : [];
      });
    return [...patterns(helpdesk, null), ...stores.flatMap((store) => patterns(store, store.id))];
  };
};
