import { InvalidInput } from '../../core/errors.ts';
import type { TicketField } from '../../helpdesks/port.ts';

/** Settings that a person may leave to a guess, and what their field holds. */
const guessed = {
  orderNumberFieldId: 'order number',
  partnerFieldId: 'partner',
  regionFieldId: 'region',
  reasonFieldId: 'contact reason',
} as const;
type GuessedSetting = keyof typeof guessed;
const settings = Object.keys(guessed) as GuessedSetting[];

/**
 * What people call such fields in the languages of the product (en, de, fr, es, sv, ar), each a whole title: a word within one,
 * as in "Reason for refund" or "Order status", says something else.
 */
const titles: Readonly<Record<GuessedSetting, readonly string[]>> = {
  orderNumberFieldId: [
    ...['order number', 'order no', 'order nr', 'order #', 'order id', 'shop order number'],
    ...['Bestellnummer', 'Bestell-Nr', 'Bestell-ID', 'Auftragsnummer', 'Auftrags-Nr'],
    ...['numéro de commande', 'numéro commande', 'n° de commande', 'n° commande', 'no de commande'],
    ...['número de pedido', 'n° de pedido', 'nº pedido', 'número de orden', 'ID de pedido'],
    ...['ordernummer', 'ordernr', 'beställningsnummer'],
    ...['رقم الطلب', 'رقم الطلبية'],
  ],
  partnerFieldId: [
    ...['partner', 'sales partner', 'reseller', 'marketplace'],
    ...['Vertriebspartner', 'Verkaufspartner', 'Handelspartner', 'Wiederverkäufer', 'Marktplatz'],
    ...['partenaire', 'partenaire commercial', 'partenaire de vente', 'revendeur', 'place de marché'],
    ...['socio', 'socio comercial', 'socio de ventas', 'revendedor'],
    ...['säljpartner', 'försäljningspartner', 'återförsäljare', 'marknadsplats'],
    ...['الشريك', 'شريك', 'شريك المبيعات', 'شريك البيع'],
  ],
  regionFieldId: [
    ...['region', 'sales region'],
    ...['Verkaufsregion', 'Vertriebsregion', 'Verkaufsgebiet', 'Vertriebsgebiet'],
    ...['région', 'région de vente'],
    ...['región', 'región de ventas', 'región de venta'],
    ...['försäljningsregion', 'säljregion'],
    ...['المنطقة', 'منطقة', 'منطقة المبيعات', 'منطقة البيع'],
  ],
  reasonFieldId: [
    ...['contact reason', 'reason for contact', 'contact driver', 'ticket reason', 'inquiry reason'],
    ...['Kontaktgrund', 'Anfragegrund', 'Grund der Anfrage', 'Grund der Kontaktaufnahme'],
    ...['motif de contact', 'motif du contact', 'raison du contact', 'raison de contact'],
    ...['motivo de contacto', 'motivo del contacto', 'razón de contacto', 'razón del contacto'],
    ...['kontaktorsak', 'kontaktanledning', 'ärendeorsak', 'orsak till kontakt'],
    ...['سبب التواصل', 'سبب الاتصال'],
  ],
};

/** "Bestell-Nr." and "bestell nr" are one title; accents, case and points tell nothing. */
const plain = (title: string): string =>
  title
    .replaceAll('#', ' number ')
    .replaceAll('°', 'o')
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');

const known = new Map(settings.map((setting) => [setting, new Set(titles[setting].map(plain))] as const));

const takes = ({ holds }: TicketField, setting: GuessedSetting): boolean =>
  holds === 'text' || holds === (setting === 'orderNumberFieldId' ? 'number' : 'choice');

const fits = (field: TicketField, setting: GuessedSetting): boolean =>
  takes(field, setting) &&
  [field.title, field.key].some((name) => typeof name === 'string' && known.get(setting)?.has(plain(name)));

/** A setting that nobody gave, and the fields that fit it: one is a proposal, several are a question. */
export interface FieldGuess {
  readonly setting: GuessedSetting;
  /** What the field holds, e.g. "order number". */
  readonly what: string;
  readonly candidates: readonly TicketField[];
}

/** Whether the settings of a kind know the setting and take the field's id as its value. */
export type Accepts = (setting: string, id: string) => boolean;

/** For each setting that is not given the fields that fit it by title or key; settings that none fits are left out. */
export const guessFields = (
  fields: readonly TicketField[],
  given: Readonly<Record<string, unknown>>,
  accepts: Accepts = () => true,
): FieldGuess[] => {
  const used = new Set(mappedFields(given).map(({ id }) => id));
  return settings
    .filter((setting) => (given[setting] ?? '') === '')
    .map((setting) => ({
      setting,
      what: guessed[setting],
      candidates: fields.filter(
        (field) =>
          !used.has(field.id) &&
          fits(field, setting) &&
          // A title and a key that contradict each other say nothing.
          settings.every((other) => other === setting || !fits(field, other)) &&
          accepts(setting, field.id),
      ),
    }))
    .filter(({ candidates }) => candidates.length > 0);
};

/** As people know a field at the helpdesk. */
export const fieldName = ({ title, id }: Pick<TicketField, 'title' | 'id'>): string =>
  title === null ? id : `"${title.slice(0, 80)}" (${id})`;

const useOf = ({ setting, what }: FieldGuess, field: TicketField): string =>
  setting === 'partnerFieldId' || setting === 'regionFieldId'
    ? `the ticket field ${fieldName(field)} is where agents correct the ${what}`
    : `the ticket field ${fieldName(field)} holds the ${what}`;

/** Guesses as a person says yes or no to them. */
export interface FieldProposal {
  /** Settings that one field alone fits. */
  readonly settings: Readonly<Record<string, string>>;
  /** What would be used, one line each. */
  readonly lines: readonly string[];
  /** What several fields fit, so that a person has to name one; one line each. */
  readonly questions: readonly string[];
}

export const proposedFields = (guesses: readonly FieldGuess[]): FieldProposal => {
  const sure = guesses.flatMap((guess) => {
    const [field] = guess.candidates;
    return field && guess.candidates.length === 1 ? [{ guess, field }] : [];
  });
  return {
    settings: Object.fromEntries(sure.map(({ guess, field }) => [guess.setting, field.id])),
    lines: sure.map(({ guess, field }) => useOf(guess, field)),
    questions: guesses
      .filter(({ candidates }) => candidates.length > 1)
      .map(({ setting, what, candidates }) => {
        const names = candidates.map(fieldName).join(', ');
        return `the ${what} may be in the ticket field ${names}: give {"${setting}": "..."} with one of them`;
      }),
  };
};

/** Asked whether the fields may be used so, one line each. */
export type TakeFields = (lines: readonly string[]) => Promise<boolean>;

/** What a person takes of a proposal, and what is to be told; where nobody is asked it is told alone. */
export const takeProposed = async (
  { settings, lines, questions }: FieldProposal,
  take: TakeFields | undefined,
): Promise<{ readonly taken: Readonly<Record<string, string>>; readonly told: readonly string[] }> => {
  const open = questions.map((line) => `Not known: ${line}.`);
  if (lines.length === 0) return { taken: {}, told: open };
  if (await take?.(lines)) return { taken: settings, told: [...lines.map((line) => `Used: ${line}.`), ...open] };
  const how = take ? [] : [`To use what was found: the same again with --yes, or give ${JSON.stringify(settings)}.`];
  return { taken: {}, told: [...lines.map((line) => `Not used: it seems that ${line}.`), ...how, ...open] };
};

export interface MappedField {
  /** The setting's key, e.g. "orderNumberFieldId". */
  readonly setting: string;
  readonly id: string;
}

/** The ticket fields that a connection's settings name. */
export const mappedFields = (given: Readonly<Record<string, unknown>>): MappedField[] =>
  Object.keys(given)
    .toSorted()
    .flatMap((setting) => {
      const id = given[setting];
      return setting.endsWith('FieldId') && typeof id === 'string' && id !== '' ? [{ setting, id }] : [];
    });

/** Throws InvalidInput where a setting names a field of several choices at once: to write one would take the others away. */
export const refuseSeveralChoices = (
  fields: readonly TicketField[],
  given: Readonly<Record<string, unknown>>,
): void => {
  const faults = mappedFields(given).flatMap(({ setting, id }) => {
    const field = fields.find((one) => one.id === id && one.holds === 'choices');
    if (!field) return [];
    const reason = `the ticket field ${fieldName(field)} holds several choices at once, and writing one would take the others away; name a drop-down or text field`;
    return [{ field: setting, reason }];
  });
  if (faults.length > 0) throw new InvalidInput('A mapped ticket field does not fit; nothing was changed', faults);
};
