import type { Statement } from '../facts/fact-statements.ts';
import type { Dimension } from '../facts/facts.ts';

/** One partner, one region or both, and nothing of others; null is none. */
export type Only = Readonly<Partial<Record<Dimension, string | null>>>;

export const namesOf = (only: Only): Dimension[] =>
  (['partner', 'region'] as const).filter((name) => only[name] !== undefined);

/** A statement about one partner or region alone, whose codes follow the other parameters. PostgreSQL reads no other's rows: what is grouped by may be sifted before. */
export const narrowed = (statement: Statement, only: Only, parameters: readonly unknown[]) => {
  const names = namesOf(only);
  const conditions = names.map(
    (name, index) => `${statement.by[name]} is not distinct from $${parameters.length + 1 + index}::text`,
  );
  return {
    statement: {
      ...statement,
      sql: (asked: Parameters<Statement['sql']>[0]) =>
        statement.sql({
          ...asked,
          grouped: conditions.length === 0 ? asked.grouped : `${asked.grouped} having ${conditions.join(' and ')}`,
        }),
    },
    parameters: [...parameters, ...names.map((name) => only[name] ?? null)],
  };
};
