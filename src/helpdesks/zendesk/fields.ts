import type { UpstreamError } from '../../core/errors.ts';
import type { Http } from '../../platform/http/client.ts';
import { codeOf, tagStartOf } from '../mapping.ts';
import type { TicketField as NamedField, RemoteWish } from '../port.ts';
import { contactReasons } from '../settings.ts';
import { pagesOf } from './pages.ts';
import { type TicketField, ticketFieldAnswer, ticketFieldsAnswer } from './schema.ts';
import type { ZendeskSettings } from './settings.ts';
import { isRefusal } from './webhook.ts';

const path = '/api/v2/ticket_fields';
/** 10,000 fields; an account has some hundreds. */
const mostPages = 100;

interface Option {
  readonly name: string;
  /** The tag that the option sets. */
  readonly value: string;
}

/** What the values of a type of field are (https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_fields/). */
const holds = (type: string | null): NamedField['holds'] => {
  if (type === 'text' || type === 'textarea' || type === 'regexp') return 'text';
  if (type === 'tagger') return 'choice';
  if (type === 'multiselect') return 'choices';
  return type === 'integer' || type === 'decimal' ? 'number' : 'other';
};

export interface WantedField {
  readonly setting: 'partnerFieldId' | 'regionFieldId' | 'reasonFieldId';
  readonly title: string;
  /** What the tags of its options begin with. */
  readonly start: string;
  readonly options: readonly Option[];
}

/** A field that is wished, the one that serves already, and the options that this one lacks. */
export interface FieldPlan {
  readonly wanted: WantedField;
  readonly held: TicketField | null;
  readonly lacking: readonly Option[];
}

type FieldSettings = Pick<
  ZendeskSettings,
  'tagPrefix' | 'partnerFieldId' | 'regionFieldId' | 'reasonFieldId' | 'reasonValues'
>;

const optionsOf = (start: string, entries: readonly { readonly code: string; readonly name: string }[]): Option[] => {
  const options = entries.map(({ code, name }) => ({ name, value: `${start}${codeOf(code)}` }));
  // Two codes may make one tag, and Zendesk takes each tag once.
  return options.filter(({ value }, index) => options.findIndex((other) => other.value === value) === index);
};

const wantedFields = ({ partners, regions }: NonNullable<RemoteWish['fields']>, tagPrefix: string): WantedField[] => {
  const [partner, region] = [tagStartOf('partner', tagPrefix), tagStartOf('region', tagPrefix)];
  const reason = `${tagPrefix}reason_`;
  const reasons = contactReasons.map((code) => ({ code, name: `${code[0]?.toUpperCase()}${code.slice(1)}` }));
  const wanted: WantedField[] = [
    { setting: 'partnerFieldId', title: 'Sales partner', start: partner, options: optionsOf(partner, partners) },
    { setting: 'regionFieldId', title: 'Sales region', start: region, options: optionsOf(region, regions) },
    { setting: 'reasonFieldId', title: 'Contact reason', start: reason, options: optionsOf(reason, reasons) },
  ];
  // A drop-down without options cannot be made.
  return wanted.filter(({ options }) => options.length > 0);
};

/** A drop-down all of whose options set tags of ours: nobody else makes such a field. */
const isOurs = ({ type, custom_field_options }: TicketField, { start }: WantedField): boolean =>
  type === 'tagger' &&
  custom_field_options.length > 0 &&
  custom_field_options.every(({ value }) => value?.startsWith(start));

/** Which contact reason the options of our field stand for. */
const reasonsOf = ({ start }: WantedField) =>
  Object.fromEntries(contactReasons.map((reason) => [`${start}${codeOf(reason)}`, reason]));

/** Ticket fields of one account: drop-downs whose tags are ours, for people to correct partner, region and reason by. */
export const createFields = (http: Http, settings: FieldSettings) => {
  const list = async (): Promise<TicketField[]> => {
    const fields: TicketField[] = [];
    for await (const { ticket_fields } of pagesOf(http, { path }, ticketFieldsAnswer, { mostPages }))
      fields.push(...ticket_fields);
    return fields;
  };

  return {
    list,

    /** Null: they are closed to our user. */
    async inUse(): Promise<NamedField[] | null> {
      try {
        const active = (await list()).filter((field) => field.active !== false);
        return active.map(({ id, title, type }) => ({ id, title: title ?? null, holds: holds(type ?? null) }));
      } catch (error) {
        // A 404 that may be tried again is not Zendesk's.
        if (isRefusal(error) && !(error as UpstreamError).retryable) return null;
        throw error;
      }
    },

    /** What is to be made or changed; a mapped field that is not of our making is left as it is. */
    async plan(wish: NonNullable<RemoteWish['fields']>): Promise<FieldPlan[]> {
      const present = (await list()).filter(({ active }) => active !== false);
      return wantedFields(wish, settings.tagPrefix).flatMap((wanted) => {
        const mappedId = settings[wanted.setting];
        const ours = present.filter((field) => isOurs(field, wanted));
        const held =
          ours.find(({ id, title }) => (mappedId === undefined ? title === wanted.title : id === mappedId)) ?? null;
        if (held === null && mappedId !== undefined) return [];
        const values = new Set(held?.custom_field_options.map(({ value }) => value));
        const lacking = wanted.options.filter(({ value }) => !values.has(value));
        return held && lacking.length === 0 && mappedId !== undefined ? [] : [{ wanted, held, lacking }];
      });
    },

    /** The settings that map the field, and its id where it is new. */
    async make({ wanted, held, lacking }: FieldPlan) {
      const id = held?.id ?? (await create(wanted));
      if (held && lacking.length > 0)
        await http.request({
          method: 'PUT',
          path: `${path}/{id}`,
          params: { id },
          // The list replaces what is there: an option that is not in it is taken away.
          body: { ticket_field: { custom_field_options: [...held.custom_field_options, ...lacking] } },
        });
      const reasonValues = { ...reasonsOf(wanted), ...settings.reasonValues };
      return {
        createdId: held ? null : id,
        settings: { [wanted.setting]: id, ...(wanted.setting === 'reasonFieldId' && { reasonValues }) },
      };
    },

    async remove(id: string): Promise<void> {
      await http.request({ method: 'DELETE', path: `${path}/{id}`, params: { id }, allow: [404, 410] });
    },
  };

  async function create({ title, options }: WantedField): Promise<string> {
    const ticket_field = {
      type: 'tagger',
      title,
      agent_description: 'Kept by Deskledger. A change here corrects its reports.',
      active: true,
      required: false,
      visible_in_portal: false,
      editable_in_portal: false,
      custom_field_options: options,
    };
    const { ticket_field: made } = await http.read({ method: 'POST', path, body: { ticket_field } }, ticketFieldAnswer);
    return made.id;
  }
};
