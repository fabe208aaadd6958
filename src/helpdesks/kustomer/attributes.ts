import { LimitReached, UpstreamError } from '../../core/errors.ts';
import type { Http } from '../../platform/http/client.ts';
import { codeOf } from '../mapping.ts';
import type { RemoteObject, RemoteWish, TicketField } from '../port.ts';
import { contactReasons } from '../settings.ts';
import { isRefused } from './pages.ts';
import { metadataSchema } from './schema.ts';
import type { KustomerSettings } from './settings.ts';

/** The attributes of the conversation klass (https://developer.kustomer.com/api/core-resources/update-custom-attribute-metadata). */
const path = '/v1/metadata/conversation';
/** Where an administrator finds them. */
export const attributesPage = 'Settings, Platform, Klasses, Conversation';

type Mapped = Pick<KustomerSettings, 'partnerFieldId' | 'regionFieldId' | 'reasonFieldId'>;
/** What an account tells of each attribute, by its name. */
type Attributes = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

interface WantedAttribute {
  readonly setting: keyof Mapped;
  /** As the API has it: the end tells that it is a short text. */
  readonly name: string;
  readonly label: string;
  readonly values: readonly string[];
}

/** An attribute that is wished, and the values that it lacks; `held`: it is there already. */
interface AttributePlan {
  readonly wanted: WantedAttribute;
  readonly held: boolean;
  readonly lacking: readonly string[];
}

/** The values are the codes as they stand in our tags, for the writer mirrors those. */
const codesOf = (entries: readonly { readonly code: string }[]): string[] => [
  ...new Set(entries.map(({ code }) => codeOf(code))),
];

const wantedAttributes = ({ partners, regions }: NonNullable<RemoteWish['fields']>): WantedAttribute[] => [
  { setting: 'partnerFieldId', name: 'salesPartnerStr', label: 'Sales partner', values: codesOf(partners) },
  { setting: 'regionFieldId', name: 'salesRegionStr', label: 'Sales region', values: codesOf(regions) },
  { setting: 'reasonFieldId', name: 'contactReasonStr', label: 'Contact reason', values: contactReasons },
];

/** The values to choose from; null: any text fits. */
const valuesOf = (attribute: Readonly<Record<string, unknown>>): readonly unknown[] | null =>
  Array.isArray(attribute.enumeration) ? attribute.enumeration : null;

/** The end of a name tells the type (https://developer.kustomer.com/docs/concepts/custom-attributes). */
const typeEnd = /(Str|Txt|Tree|Num|Id|Url|Bool|At)$/;

const fieldOf = (name: string, attribute: Readonly<Record<string, unknown>>): TicketField => {
  const type = typeEnd.exec(name)?.[1] ?? '';
  const isText = ['Str', 'Txt', 'Id', 'Url'].includes(type);
  return {
    id: name,
    title: typeof attribute.displayName === 'string' ? attribute.displayName : null,
    key: name.replace(typeEnd, ''),
    holds:
      type === 'Tree' || (isText && valuesOf(attribute) !== null)
        ? 'choice'
        : isText
          ? 'text'
          : type === 'Num'
            ? 'number'
            : 'other',
  };
};

/** An attribute as it may be written: without what Kustomer keeps of its changes. */
const writable = ({
  modifiedAt: _,
  modifiedBy: __,
  updatedAt: ___,
  createdAt: ____,
  ...rest
}: Readonly<Record<string, unknown>>) => rest;

/** Custom attributes of the conversation: lists of codes, for people to correct partner, region and reason by. */
export const createAttributes = (http: Http, settings: Mapped) => {
  /** Null: the key may not read them. */
  const list = async (): Promise<Attributes | null> => {
    try {
      return (await http.read({ path }, metadataSchema)).data.attributes.properties;
    } catch (error) {
      // A 404 that may be tried again is not Kustomer's.
      if (isRefused(error) && !(error as UpstreamError).retryable) return null;
      throw error;
    }
  };
  const write = (properties: object) => http.request({ method: 'PUT', path, body: { properties } });

  /** What is wished and not mapped to an attribute of somebody else's. */
  const wishedOf = (wish: NonNullable<RemoteWish['fields']>): WantedAttribute[] =>
    wantedAttributes(wish).filter(
      ({ setting, name, values }) =>
        values.length > 0 && (settings[setting] === undefined || settings[setting] === name),
    );
  const plansOf = (wish: NonNullable<RemoteWish['fields']>, present: Attributes): AttributePlan[] =>
    wishedOf(wish).flatMap((wanted) => {
      const attribute = present.get(wanted.name);
      const values = attribute ? valuesOf(attribute) : [];
      const lacking = values === null ? [] : wanted.values.filter((value) => !values.includes(value));
      const isDone = attribute !== undefined && lacking.length === 0 && settings[wanted.setting] !== undefined;
      return isDone ? [] : [{ wanted, held: attribute !== undefined, lacking }];
    });

  const lineOf = ({ wanted: { label, name, values }, held, lacking }: AttributePlan): string => {
    const what = `the conversation attribute "${label}" (${name})`;
    if (!held) return `create ${what}, a list of ${values.length}; Kustomer lets no program delete it again`;
    return lacking.length > 0 ? `add ${lacking.join(', ')} to ${what}` : `use ${what}, which is there already`;
  };

  return {
    list,

    async fields(): Promise<TicketField[] | null> {
      const present = await list();
      return present && [...present].map(([name, attribute]) => fieldOf(name, attribute));
    },

    /** One line for each attribute that would be made, changed or used. */
    async plan(wish: NonNullable<RemoteWish['fields']>): Promise<string[]> {
      const present = await list();
      if (present) return plansOf(wish, present).map(lineOf);
      const unmapped = wishedOf(wish).filter(({ setting }) => settings[setting] === undefined);
      if (unmapped.length === 0) return [];
      const names = unmapped.map(({ label, name }) => `"${label}" (${name})`).join(', ');
      return [
        `conversation attributes ${names}: the key needs the roles org.permission.metadata.read and ` +
          `org.permission.metadata.update; or an administrator makes them under ${attributesPage}, and their names ` +
          `are given as ${unmapped.map(({ setting }) => setting).join(', ')}`,
      ];
    },

    /**
     * Makes and maps what is lacking. Attributes are an extra, for the tags say the same: what Kustomer refuses is left out,
     * and `plan` names it still.
     */
    async make(wish: NonNullable<RemoteWish['fields']>) {
      const objects: RemoteObject[] = [];
      const mapped: Partial<Record<keyof Mapped, string>> = {};
      try {
        const before = await list();
        const plans = before ? plansOf(wish, before) : [];
        const changed = plans.filter(({ held, lacking }) => !held || lacking.length > 0);
        const after = before && changed.length > 0 ? await change(before, changed) : before;
        for (const { wanted, held } of plans) {
          if (!after?.has(wanted.name)) continue;
          mapped[wanted.setting] = wanted.name;
          if (!held) objects.push({ what: 'field', externalId: wanted.name, name: wanted.label });
        }
      } catch (error) {
        if (!(error instanceof UpstreamError || error instanceof LimitReached)) throw error;
      }
      return { objects, settings: mapped };
    },
  };

  /** Writes the plans, and tells what stands then. */
  async function change(before: Attributes, plans: readonly AttributePlan[]): Promise<Attributes | null> {
    const properties = Object.fromEntries(
      plans.map(({ wanted: { name, label, values }, lacking }) => {
        const held = before.get(name);
        const enumeration = held ? [...(valuesOf(held) ?? []), ...lacking] : values;
        return [name, { displayName: label, ...(held ? writable(held) : {}), enumeration }];
      }),
    );
    await write(properties);
    const after = await list();
    // The docs do not say that attributes which are not named stay as they are: should they ever go, they are put back.
    if (after && [...before.keys()].some((name) => !after.has(name))) {
      const all = [...before].map(([name, attribute]) => [name, writable(attribute)] as const);
      await write({ ...Object.fromEntries(all), ...properties });
      return list();
    }
    return after;
  }
};

export type ConversationAttributes = ReturnType<typeof createAttributes>;
