import { addDays, isDay, startOfDay } from '../../core/time.ts';
import { isRecord } from '../http.ts';
import { hashText } from '../random.ts';
import type { Conversation, Customer } from './model.ts';

/** What a search asks. */
export interface Search<T> {
  readonly holds: (item: T) => boolean;
  readonly order: (a: T, b: T) => number;
  readonly includeDeleted: boolean;
}

type Value = string | number | boolean | readonly string[] | null;
/** The value of an attribute, and whether it is an instant in milliseconds. */
interface Field<T> {
  readonly read: (item: T) => Value;
  readonly instant?: boolean;
}

const field = <T>(read: (item: T) => Value): Field<T> => ({ read });
const moment = <T>(read: (item: T) => number | null): Field<T> => ({ read, instant: true });

const conversationFields: Readonly<Record<string, Field<Conversation>>> = {
  conversation_id: field(({ id }) => id),
  conversation_updated_at: moment(({ updatedAtMs }) => updatedAtMs),
  conversation_modified_at: moment(({ modifiedAtMs }) => modifiedAtMs),
  conversation_created_at: moment(({ createdAtMs }) => createdAtMs),
  conversation_last_activity_at: moment(({ lastActivityAtMs }) => lastActivityAtMs),
  conversation_status: field(({ status }) => status),
  conversation_priority: field(({ priority }) => priority),
  conversation_spam: field(({ spam }) => spam),
  conversation_ended: field(({ endedAtMs }) => endedAtMs !== null),
  conversation_name: field(({ name }) => name),
  conversation_channels: field(({ channels }) => channels),
  conversation_tags: field(({ tags }) => tags),
  conversation_assigned_users: field(({ assignedUsers }) => assignedUsers),
  conversation_assigned_teams: field(({ assignedTeams }) => assignedTeams),
  customer_id: field(({ customerId }) => customerId),
};

const customAttribute = /^conversation_custom_(\w+)$/;

export const conversationField = (name: string): Field<Conversation> | undefined => {
  const custom = customAttribute.exec(name)?.[1];
  return custom === undefined ? conversationFields[name] : field(({ custom: held }) => held.get(custom) ?? null);
};

const customerFields: Readonly<Record<string, Field<Customer>>> = {
  customer_id: field(({ id }) => id),
  customer_email: field(({ email }) => email),
  customer_created_at: moment(({ createdAtMs }) => createdAtMs),
};
export const customerField = (name: string): Field<Customer> | undefined => customerFields[name];

/** A date of a criterion as an instant: a day without time is that day in the zone, its end where the operator looks up to it. */
const instantOf = (value: unknown, operator: string, timeZone: string): number => {
  if (typeof value !== 'string') throw new RangeError(`${String(value)} is no date`);
  if (isDay(value)) {
    const isUpTo = operator === 'lte' || operator === 'gt';
    return startOfDay(timeZone, isUpTo ? addDays(value, 1) : value).getTime() - (isUpTo ? 1 : 0);
  }
  const atMs = Date.parse(/(?:Z|[+-]\d{2}:?\d{2})$/.test(value) ? value : `${value}Z`);
  if (Number.isNaN(atMs)) throw new RangeError(`${value} is no date`);
  return atMs;
};

const heldIn = (value: Value, wanted: unknown): boolean =>
  Array.isArray(value) ? value.includes(wanted as string) : value === wanted;

const operators: Readonly<Record<string, (value: Value, wanted: unknown) => boolean>> = {
  equals: heldIn,
  not_equals: (value, wanted) => !heldIn(value, wanted),
  contains: (value, wanted) =>
    typeof value === 'string' ? value.toLowerCase().includes(String(wanted).toLowerCase()) : heldIn(value, wanted),
  in: (value, wanted) => Array.isArray(wanted) && wanted.some((one) => heldIn(value, one)),
  not_in: (value, wanted) => Array.isArray(wanted) && !wanted.some((one) => heldIn(value, one)),
  gt: (value, wanted) => typeof value === 'number' && value > Number(wanted),
  gte: (value, wanted) => typeof value === 'number' && value >= Number(wanted),
  lt: (value, wanted) => typeof value === 'number' && value < Number(wanted),
  lte: (value, wanted) => typeof value === 'number' && value <= Number(wanted),
  set: (value) => value !== null && !(Array.isArray(value) && value.length === 0),
  not_set: (value) => value === null || (Array.isArray(value) && value.length === 0),
};

type Fields<T> = (name: string) => Field<T> | undefined;

const criterion = <T>(fields: Fields<T>, input: unknown, timeZone: string): ((item: T) => boolean) => {
  const [name, test] = isRecord(input) ? (Object.entries(input)[0] ?? []) : [];
  const [operator, value] = isRecord(test) ? (Object.entries(test)[0] ?? []) : [];
  const found = fields(name ?? '');
  if (!found) throw new RangeError(`${name ?? 'a criterion'}: is no attribute to search by`);
  const holds = operators[operator ?? ''];
  if (!holds) throw new RangeError(`${name}: ${operator ?? 'nothing'} is no operator`);
  const isSet = operator === 'set' || operator === 'not_set';
  const wanted = found.instant && !isSet ? instantOf(value, operator ?? '', timeZone) : value;
  return (item) => holds(found.read(item), wanted);
};

const directionOf = (value: unknown): 1 | -1 => {
  const word = isRecord(value) ? value.order : value;
  if (word !== 'asc' && word !== 'desc') throw new RangeError('sort: asc or desc');
  return word === 'asc' ? 1 : -1;
};

/** Reads a search body; RangeError names what is wrong with it. Equals of the sort stand in no order that means anything, but always in the same. */
export const readSearch = <T extends { readonly id: string }>(
  body: Readonly<Record<string, unknown>>,
  fields: Fields<T>,
  defaultSort: string,
): Search<T> => {
  const timeZone = typeof body.timeZone === 'string' ? body.timeZone : 'GMT';
  const list = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
  const all = list(body.and).map((one) => criterion(fields, one, timeZone));
  const any = list(body.or).map((one) => criterion(fields, one, timeZone));
  const none = list(body.not).map((one) => criterion(fields, one, timeZone));
  const sort = list(body.sort ?? [{ [defaultSort]: 'desc' }]).flatMap((one) =>
    Object.entries(isRecord(one) ? one : {}).map(([name, way]) => {
      const found = fields(name);
      if (!found) throw new RangeError(`sort: ${name} is no attribute to sort by`);
      return { read: found.read, way: directionOf(way) };
    }),
  );
  return {
    includeDeleted: body.includeDeleted === true,
    holds: (item) =>
      all.every((test) => test(item)) &&
      (any.length === 0 || any.some((test) => test(item))) &&
      !none.some((test) => test(item)),
    order(a, b) {
      for (const { read, way } of sort) {
        const [left, right] = [read(a) ?? '', read(b) ?? ''];
        if (left < right) return -way;
        if (left > right) return way;
      }
      return hashText(a.id) - hashText(b.id);
    },
  };
};
