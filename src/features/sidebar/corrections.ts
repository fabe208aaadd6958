import { type ContactReason, contactReasons } from '../../helpdesks/port.ts';
import { countryAliases } from '../../platform/country-names.ts';
import { wantedTags } from '../attribution/index.ts';
import type { Connection, Partner, RegionBook } from '../directory/index.ts';
import type { SidebarChoices, SidebarTicket } from './contract.ts';

type Settings = Connection['settings'];

const textIn = (settings: Settings, key: string): string | null => {
  const value = settings[key];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** The mapped ticket fields of a connection, and how an agent says with them that no order is behind a ticket (RULES section 3, rung 1). */
export const fieldsOf = (settings: Settings): SidebarTicket['fields'] => {
  const [partner, region] = [textIn(settings, 'partnerFieldId'), textIn(settings, 'regionFieldId')];
  return {
    partner,
    region,
    reason: textIn(settings, 'reasonFieldId'),
    orderNumber: textIn(settings, 'orderNumberFieldId'),
    notAboutAnOrder: partner === null ? null : { empty: region === null ? [partner] : [partner, region] },
  };
};

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

const unique = (values: readonly string[]): string[] => [...new Set(values)];

/** The tags and codes by which our own fields, or those that the company made, say a partner or region. */
const tagOf = (half: 'partner' | 'region', code: string, tagPrefix: string): string[] =>
  wantedTags({ shares: [{ partner: null, region: null, country: null, ppm: 0, [half]: code }] }, tagPrefix);

/** What a correction may name in one connection, and the fields that take it. */
export const choicesOf = (
  settings: Settings,
  {
    partners,
    regions,
  }: { readonly partners: readonly Partner[]; readonly regions: Pick<RegionBook, 'list' | 'ungrouped'> },
): SidebarChoices => {
  const tagPrefix = textIn(settings, 'tagPrefix') ?? '';
  const mapped = Object.entries((settings.reasonValues ?? {}) as Readonly<Record<string, ContactReason>>);
  const own = `${tagPrefix}reason_`;
  // Values of our own field before what forms and tags of others say.
  const rawOf = (code: string) =>
    mapped
      .flatMap(([raw, reason]) => (reason === code ? [raw] : []))
      .toSorted((a, b) => Number(b.startsWith(own)) - Number(a.startsWith(own)));
  return {
    partners: partners
      .map(({ code, name, aliases }) => ({
        code,
        name,
        aliases: [...aliases],
        values: unique([...tagOf('partner', code, tagPrefix), code, ...aliases]),
      }))
      .toSorted(byName),
    regions: [
      ...regions.list().toSorted(byName),
      ...regions.ungrouped().map((code) => ({ code, name: code, countries: [code] })),
    ].map(({ code, name, countries }) => ({
      code,
      name,
      countries: [...countries],
      aliases: unique(countries.flatMap(countryAliases)),
      values: unique([...tagOf('region', code, tagPrefix), code]),
    })),
    reasons: contactReasons.map((code) => ({
      code,
      name: `${code.slice(0, 1).toUpperCase()}${code.slice(1)}`,
      values: unique([...rawOf(code), code]),
    })),
    fields: fieldsOf(settings),
  };
};
