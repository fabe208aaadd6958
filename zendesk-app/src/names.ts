import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import type { Format } from './format.ts';
import type { Words } from './words.ts';

// What codes of the service are called on the screen.

type Attribution = NonNullable<SidebarTicket['attribution']>;
type KnownBy = Exclude<Attribution['method'], 'unattributed'>;
type Flag = SidebarTicket['partners'][number]['flags'][number];
type OrderStatus = SidebarTicket['customer']['orders'][number]['status'];

const hows = {
  person: 'person',
  field: 'field',
  text: 'text',
  'recent orders': 'recentOrders',
  'recent orders, region': 'recentOrders',
  rule: 'rule',
} as const satisfies Record<KnownBy, keyof Words['how']>;

export const howName = (method: KnownBy, words: Words): string => words.how[hows[method]];

/** A country that is a region of its own has no name but its code: it is called as the reader's language calls it. */
export const regionName = ({ code, name }: { readonly code: string; readonly name: string }, format: Format): string =>
  name === code ? (format.country(code) ?? name) : name;

export const confidenceName = (confidence: Attribution['confidence'], words: Words): string | null =>
  confidence === 'none' ? null : words.confidence[confidence];

/** Reasons are a settable list's codes: one that we have no word for is shown as it is. */
export const reasonName = (code: string, words: Words): string => {
  const names: Readonly<Record<string, string>> = words.reasons;
  return names[code] ?? code;
};

/** "partially shipped" stands under `partiallyShipped`. */
export const statusName = (status: OrderStatus, words: Words): string | null => {
  if (status === null) return null;
  const key = status.replaceAll(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
  const names: Readonly<Record<string, string>> = words.orderStatus;
  return names[key] ?? status;
};

/** The rules our translations tell, as reports word them. A rule worded otherwise is shown as it came. */
export const translatedRules = {
  cost_multiple: "cost per ticket is at least 2 x the account's, on 30 tickets or more",
  mostly_estimated: 'less than half of the cost is measured',
} as const satisfies Record<Flag['code'], string>;
const flagKeys = { cost_multiple: 'costMultiple', mostly_estimated: 'mostlyEstimated' } as const;

export const flagWords = ({ code, rule }: Flag, words: Words): { readonly title: string; readonly rule: string } => {
  const told = code in flagKeys ? words.flags[flagKeys[code]] : null;
  return { title: told?.title ?? words.flags.other, rule: told && rule === translatedRules[code] ? told.rule : rule };
};
