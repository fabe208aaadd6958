import type { SetupInputs } from '../../../src/sandbox/index.ts';
import { dayReader, type Fraction, fractionOf, inverse, times } from './numbers.ts';
import { dayAfter } from './periods.ts';

/** Which raw value means which partner: one of the mapping rules' lists, then codes and aliases, whatever their case. */
export interface MappingRule {
  readonly gives: string;
  readonly from: { readonly place: string; readonly namespace?: string; readonly key?: string; readonly name?: string };
  readonly values: Readonly<Record<string, string>>;
}

export interface TicketRule {
  readonly when: { readonly formId?: string; readonly brandId?: string; readonly tag?: string };
  readonly partner?: string;
  readonly region?: string;
}

/** What a person imported, read anew; exchange rates a column per currency, as the ECB has them, or a row, per euro. */
export interface Setup {
  readonly partnerOf: (raw: string) => string | null;
  readonly regionOf: (country: string) => string;
  /** The region that a person names by its code or a country's, whatever its case: a country of no group is one of its own. */
  readonly regionNamed: (raw: string) => string;
  readonly mappingRules: readonly MappingRule[];
  readonly ticketRules: readonly TicketRule[];
  /** The day of an instant in the reporting time zone. */
  readonly dayOf: (atMs: number) => string;
  /** Reporting money per hour of an agent on a day; null where a rate or the exchange rate is missing. */
  readonly hourly: (agentId: number, day: string) => Fraction | null;
  /** Reporting money per unit of a currency, by the rates dated before the day; null where there are none in the 7 days. */
  readonly exchange: (currency: string, day: string) => Fraction | null;
}

export const table = (text: string): Record<string, string>[] => {
  const [head = '', ...lines] = text.trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  });
};

export const readSetup = (
  inputs: SetupInputs,
  {
    connection,
    currency,
    timeZone,
  }: { readonly connection: string; readonly currency: string; readonly timeZone: string },
): Setup => {
  const partners = new Map<string, string>([['direct', 'direct']]);
  for (const { code = '', aliases = '' } of table(inputs.partners))
    for (const name of [code, ...aliases.split('|')]) if (name) partners.set(name.toLowerCase(), code);
  const regions = new Map<string, string>();
  for (const { region = '', countries = '' } of table(inputs.regions))
    for (const country of countries.split('|')) regions.set(country, region);
  const roles = new Map(table(inputs.agents).map(({ external_id = '', role = '' }) => [Number(external_id), role]));
  const rates = table(inputs.rates);
  const perEuro = new Map<string, Record<string, string>>();
  for (const { Date: day, date = day ?? '', quote, rate = '', ...wide } of table(inputs.fx))
    perEuro.set(date, quote ? { ...perEuro.get(date), [quote]: rate } : wide);

  const exchange = (from: string, day: string): Fraction | null => {
    if (from === currency) return [1n, 1n];
    for (let age = 1; age <= 7; age += 1) {
      const row = perEuro.get(dayAfter(day, -age));
      const leg = (code: string): Fraction | null =>
        code === 'EUR' ? [1n, 1n] : row?.[code] ? fractionOf(row[code]) : null;
      const [bought, sold] = [leg(currency), leg(from)];
      if (row && bought && sold) return times(bought, inverse(sold));
    }
    return null;
  };

  return {
    partnerOf: (raw) => partners.get(raw.trim().toLowerCase()) ?? null,
    regionOf: (country) => regions.get(country) ?? country,
    regionNamed: (raw) =>
      [...regions.values()].find((code) => code === raw.toLowerCase()) ??
      regions.get(raw.toUpperCase()) ??
      raw.toUpperCase(),
    mappingRules: JSON.parse(inputs.mappingRules) as MappingRule[],
    ticketRules: JSON.parse(inputs.ticketRules) as TicketRule[],
    exchange,
    dayOf: dayReader(timeZone),
    hourly(agentId, day) {
      const scopes = [
        ['agent', `${connection}:${agentId}`],
        ['role', roles.get(agentId) ?? 'nobody'],
        ['default', ''],
      ];
      for (const [scope, key] of scopes) {
        const [rate] = rates
          .filter((row) => row.scope === scope && row.key === key && (row.valid_from ?? '') <= day)
          .sort((a, b) => ((a.valid_from ?? '') > (b.valid_from ?? '') ? -1 : 1));
        if (!rate) continue;
        const fx = exchange(rate.currency ?? '', day);
        return fx && times(fractionOf(rate.hourly ?? ''), fx);
      }
      return null;
    },
  };
};
