import { addDays, type Day } from '../../core/time.ts';
import { agents, partnerBrands, partnerCodes, partners } from './marketplace.ts';
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

/** Where tickets without an order lie at a helpdesk, as conditions of rules: a form, brand or inbox that tells whose they are. */
export interface TicketPlaces {
  readonly trade?: Readonly<Record<string, string>>;
  readonly atelier?: Readonly<Record<string, string>>;
}

/** One helpdesk as the files name it. */
export interface NamedHelpdesk {
  readonly settings: { readonly name: string };
  /** Of the agents, in the order of the scenario. */
  readonly agentIds: readonly string[];
  readonly places: TicketPlaces;
}

const csv = (rows: readonly (readonly string[])[]): string => `${rows.map((row) => row.join(',')).join('\n')}\n`;

/** Rates by agent where they have one, else by role; specialists have neither and take the default. Two rises come midway. */
const ratesCsv = ({
  helpdesks,
  from,
  raiseFrom,
}: {
  readonly helpdesks: readonly NamedHelpdesk[];
  readonly from: Day;
  readonly raiseFrom: Day;
}): string => {
  const own = helpdesks.flatMap(({ settings, agentIds }) =>
    agents.flatMap(({ hourly }, index) => {
      if (!hourly) return [];
      const key = `${settings.name}:${agentIds[index]}`;
      const rate = ['agent', key, hourly.amount, hourly.currency, from];
      return hourly.raise ? [rate, ['agent', key, hourly.raise, hourly.currency, raiseFrom]] : [rate];
    }),
  );
  return csv([
    ['scope', 'key', 'hourly', 'currency', 'valid_from'],
    ...own,
    ['role', 'senior', '36.00', 'USD', from],
    ['role', 'agent', '22.00', 'USD', from],
    ['default', '', '24.50', 'EUR', from],
  ]);
};

export const writeInputs = (options: {
  readonly helpdesks: readonly NamedHelpdesk[];
  readonly startDay: Day;
  readonly days: number;
  readonly fx: string;
}): SetupInputs => {
  const { helpdesks, startDay } = options;
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
      ...helpdesks.flatMap(({ settings, agentIds }) =>
        agents.map(({ role }, index) => [settings.name, agentIds[index] ?? '', role]),
      ),
    ]),
    rates: ratesCsv({
      helpdesks,
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
        ...helpdesks.flatMap(({ places: { trade, atelier } }) => [
          ...(trade ? [{ when: trade, partner: 'brightnest' }] : []),
          ...(atelier ? [{ when: atelier, partner: 'lumiere' }] : []),
        ]),
        { when: { tag: 'gulf_desk' }, region: 'gulf' },
      ],
      null,
      2,
    ),
    fx: options.fx,
  };
};
