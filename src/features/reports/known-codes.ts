import { type InputFault, InvalidInput } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { countryCode } from '../../platform/country-names.ts';
import type { Sql } from '../../platform/database/database.ts';

/** What stands for what has no partner or region. */
const none = 'none';
const mostNamed = 30;

interface Asked {
  readonly partner?: string | undefined;
  readonly region?: string | undefined;
  readonly connection?: string | undefined;
}

/** Also codes of before, which figures still bear. */
const isBorne = async (sql: Sql, column: 'partner' | 'region', code: string): Promise<boolean> => {
  const [row] = await sql.query<{ borne: boolean }>(
    `select exists (select from rollup_daily where ${column} = $1) or exists (select from attribution_share where ${column} = $1)
         or exists (select from order_share where partner = $1 and $2) as borne`,
    [code, column === 'partner'],
  );
  return row?.borne === true;
};

const isKnown = async (sql: Sql, what: keyof Asked, code: string, known: readonly string[]): Promise<boolean> => {
  if (known.includes(code)) return true;
  if (what === 'connection') return false;
  if (code === none || (what === 'region' && countryCode(code) === code)) return true;
  return isBorne(sql, what, code);
};

const listSql: Readonly<Record<keyof Asked, string>> = {
  partner: "select code from partner union select 'direct' order by code",
  region: 'select code from region order by code',
  // Of a disconnected one the figures stay.
  connection: 'select name as code from connection union all select id::text from connection',
};

const words: Readonly<Record<keyof Asked, string>> = {
  partner: 'is no partner code here',
  region: 'is neither a region here nor the ISO code of a country',
  connection: 'is neither the id nor the name of a connection',
};

/** Throws InvalidInput where a query names what there is not: an empty answer would read as "no cost". */
export const refuseUnknownCodes = async (sql: Sql, asked: Asked): Promise<void> => {
  const faults: InputFault[] = [];
  for (const what of ['partner', 'region', 'connection'] as const) {
    const code = asked[what];
    if (code === undefined) continue;
    const known = (await sql.query<{ code: string }>(listSql[what])).map((row) => row.code);
    if (await isKnown(sql, what, code, known)) continue;
    const meant = nearest(code, known);
    const choice = meant ?? [...known.slice(0, mostNamed), ...(what === 'connection' ? [] : [none])].join(', ');
    faults.push({ field: what, reason: `${words[what]}; ${meant ? 'did you mean' : 'there are'} ${choice}` });
  }
  if (faults.length > 0) throw new InvalidInput('The query names what there is not', faults);
};
