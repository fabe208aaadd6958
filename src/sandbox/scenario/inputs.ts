import { addDays, type Day } from '../../core/time.ts';
import { agents, helpdeskBrands, helpdeskForms, partnerBrands, partnerCodes, partners } from './marketplace.ts';
import { sourceNames } from './orders.ts';

/** The files that a person would import, as text. */
export interface SetupInputs {
  readonly partners: string;
  readonly regions: string;
  readonly agents: string;
  readonly rates: string;
  readonly mappingRules: string;
  readonly ticketRules: string;
  readonly fx: string;
}

const csv = (rows: readonly (readonly string[])[]): string => `${rows.map((row) => row.join(',')).join('\n')}\n`;

/** Rates by agent where they have one, else by role; specialists have neither and take the default. Two rises come midway. */
const ratesCsv = ({
  connection,
  agentIds,
  from,
  raiseFrom,
}: {
  readonly connection: string;
  readonly agentIds: readonly number[];
  readonly from: Day;
  readonly raiseFrom: Day;
}): string => {
  const own = agents.flatMap(({ hourly }, index) => {
    if (!hourly) return [];
    const key = `${connection}:${agentIds[index]}`;
    const rate = ['agent', key, hourly.amount, hourly.currency, from];
    return hourly.raise ? [rate, ['agent', key, hourly.raise, hourly.currency, raiseFrom]] : [rate];
  });
  return csv([
    ['scope', 'key', 'hourly', 'currency', 'valid_from'],
    ...own,
    ['role', 'senior', '36.00', 'USD', from],
    ['role', 'agent', '22.00', 'USD', from],
    ['default', '', '24.50', 'EUR', from],
  ]);
};

export const writeInputs = (options: {
  readonly connection: string;
  readonly agentIds: readonly number[];
  readonly startDay: Day;
  readonly days: number;
  readonly fx: string;
}): SetupInputs => {
  const { connection, agentIds, startDay } = options;
  const codes = partnerCodes.filter((code) => code !== 'direct');
  return {
    partners: csv([
      ['code', 'name', 'aliases'],
      ...codes.map((code) => [code, partners[code].name, partners[code].aliases.join('|')]),
    ]),
    regions: csv([
      ['region', 'name', 'countries'],
      ['nordics', 'Nordics', 'SE|NO|DK|FI'],
      ['dach', 'Germany Austria Switzerland', 'DE|AT|CH'],
      ['iberia', 'Iberia', 'ES|PT'],
      ['gulf', 'Gulf', 'AE|SA|QA'],
    ]),
    agents: csv([
      ['connection', 'external_id', 'role'],
      ...agents.map(({ role }, index) => [connection, String(agentIds[index]), role]),
    ]),
    rates: ratesCsv({
      connection,
      agentIds,
      from: addDays(startDay, -30),
      raiseFrom: addDays(startDay, Math.floor(options.days / 2)),
    }),
    mappingRules: JSON.stringify(
      [
        {
          gives: 'partner',
          from: { place: 'metafield', namespace: sourceNames.namespace, key: sourceNames.key },
          values: { LUM: 'lumiere', 'OASIS-DXB': 'oasis' },
        },
        {
          gives: 'partner',
          from: { place: 'form_field', name: sourceNames.formField },
          values: { BrightNest: 'brightnest' },
        },
        { gives: 'partner', from: { place: 'external_source' }, values: { [sourceNames.alpenhaus]: 'alpenhaus' } },
        {
          gives: 'partner',
          from: { place: 'line_brand' },
          values: Object.fromEntries(partnerBrands.map(({ brand, partner }) => [brand, partner])),
        },
        {
          gives: 'partner',
          from: { place: 'channel' },
          values: { 1: 'direct', 2: 'direct', 3: 'nordhem', 4: 'sudcasa' },
        },
      ],
      null,
      2,
    ),
    ticketRules: JSON.stringify(
      [
        { when: { formId: String(helpdeskForms.trade) }, partner: 'brightnest' },
        { when: { brandId: String(helpdeskBrands.atelier) }, partner: 'lumiere' },
        { when: { tag: 'gulf_desk' }, region: 'gulf' },
      ],
      null,
      2,
    ),
    fx: options.fx,
  };
};
