import { isRecord } from '../http.ts';
import type { Desk } from './desk.ts';
import type { ConversationValues, CustomValue, Status } from './model.ts';

/** What is wrong with an input, and where. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

const isText = (value: unknown, most: number): boolean => typeof value === 'string' && value.length <= most;
const isIsoInstant = (value: unknown): value is string =>
  typeof value === 'string' && value.includes('T') && !Number.isNaN(Date.parse(value));

/** By the suffix of a custom attribute's name; null is taken by all. */
const suffixes: readonly (readonly [suffix: string, holds: (value: unknown) => boolean])[] = [
  ['Str', (value) => isText(value, 1024)],
  ['Txt', (value) => isText(value, 65_536)],
  ['Tree', (value) => isText(value, 1024)],
  ['Id', (value) => isText(value, 1024)],
  ['Url', (value) => typeof value === 'string' && URL.canParse(value)],
  ['Num', (value) => typeof value === 'number'],
  ['Bool', (value) => typeof value === 'boolean'],
  ['At', isIsoInstant],
];

const readCustom = (custom: unknown, desk: Desk): ReadonlyMap<string, CustomValue> | Fault => {
  if (!isRecord(custom)) return { pointer: '/custom', detail: 'custom: is an object' };
  for (const [name, value] of Object.entries(custom)) {
    const pointer = `/custom/${name}`;
    const attribute = desk.attributes.get(name);
    if (!attribute) return { pointer, detail: `${name}: is no attribute of the conversation klass` };
    const type = suffixes.find(([suffix]) => name.endsWith(suffix));
    if (value !== null && !type?.[1](value)) return { pointer, detail: `${name}: the value is not of its type` };
    if (value !== null && attribute.enumeration?.includes(String(value)) === false)
      return { pointer, detail: `${name}: the value is none of its list` };
  }
  return new Map(Object.entries(custom) as [string, CustomValue][]);
};

const isIdList = (value: unknown, known: { has(id: string): boolean }): value is string[] =>
  Array.isArray(value) && value.every((id) => typeof id === 'string' && known.has(id));

const isStatus = (value: unknown): value is Status => value === 'open' || value === 'snoozed' || value === 'done';

const isIdOrNull = (value: unknown, named: readonly { readonly id: string }[]): value is string | null =>
  value === null || named.some(({ id }) => id === value);
const idsOf = (named: readonly { readonly id: string }[]) => new Set(named.map(({ id }) => id));

/** Reads the value of one attribute; null where it is not acceptable. */
type Reader = (value: unknown, desk: Desk) => ConversationValues | null;

/** The most users and teams that a conversation may be assigned to. */
const mostAssigned = 10;

const readers: Readonly<Record<string, Reader>> = {
  name: (value) => (typeof value === 'string' ? { name: value } : null),
  status: (value) => (isStatus(value) ? { status: value } : null),
  priority: (value) => (typeof value === 'number' && [1, 2, 3, 4, 5].includes(value) ? { priority: value } : null),
  spam: (value) => (typeof value === 'boolean' ? { spam: value } : null),
  defaultLang: (value) => (value === null || typeof value === 'string' ? { defaultLang: value } : null),
  tags: (value, desk) => (isIdList(value, desk.tags) ? { tags: value } : null),
  assignedUsers: (value, desk) =>
    isIdList(value, desk.users) && value.length <= mostAssigned ? { assignedUsers: value } : null,
  assignedTeams: (value, desk) =>
    isIdList(value, idsOf(desk.teams)) && value.length <= mostAssigned ? { assignedTeams: value } : null,
  brand: (value, desk) => (isIdOrNull(value, desk.brands) ? { brandId: value } : null),
  queue: (value, desk) => (isIdOrNull(value, desk.queues) ? { queueId: value } : null),
  snooze: (value) => (isRecord(value) && isIsoInstant(value.time) ? { snoozedUntilMs: Date.parse(value.time) } : null),
};

/** Reads the body of an update: plain attributes, nothing wrapped. `tags` is the whole list; `custom` changes what it names. */
export const readUpdate = (body: unknown, desk: Desk): ConversationValues | Fault => {
  if (!isRecord(body)) return { pointer: '/', detail: 'the body is an object of attributes' };
  let read: ConversationValues = {};
  for (const [name, value] of Object.entries(body)) {
    if (name === 'custom') {
      const custom = readCustom(value, desk);
      if ('pointer' in custom) return custom;
      read = { ...read, custom };
      continue;
    }
    const reader = readers[name];
    if (!reader) return { pointer: `/${name}`, detail: `${name}: is not an attribute that can be written` };
    const given = reader(value, desk);
    if (!given) return { pointer: `/${name}`, detail: `${name}: the value is not acceptable` };
    read = { ...read, ...given };
  }
  return read;
};

/** Names and ids of tags in a body of the accepted form; null where it has another. */
export const readTags = (body: unknown, form: 'list' | 'object' | 'either'): string[] | null => {
  const listed = Array.isArray(body) && form !== 'object' ? body : undefined;
  const held = isRecord(body) && form !== 'list' ? body.tags : undefined;
  const words = listed ?? held;
  if (!Array.isArray(words) || words.length === 0) return null;
  return words.every((word) => typeof word === 'string' && word !== '') ? (words as string[]) : null;
};
