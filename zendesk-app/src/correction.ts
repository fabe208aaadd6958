import type { SidebarChoices, SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { numbersIn, readNumber } from './order-number.ts';
import { sharesBy } from './shares.ts';

// What an agent puts right, as changes of the mapped ticket fields; pure.

export type Half = 'partner' | 'region';
export type Choosable = Half | 'reason';
export type Fields = SidebarTicket['fields'];
export type Choice = SidebarChoices['reasons'][number] & { readonly aliases?: readonly string[] };

export type Wish =
  | { readonly kind: Choosable; readonly choice: Choice }
  /** Null takes the number away. */
  | { readonly kind: 'orderNumber'; readonly number: string | null }
  | { readonly kind: 'notAboutAnOrder' };

export interface FieldChange {
  readonly id: string;
  readonly value: string | null;
}

/** A ticket field as it is in Zendesk. Options are null where the field takes any text. */
export interface FieldState {
  readonly value: string | null;
  readonly options: readonly string[] | null;
}

/** What the service says once it has taken the change in. An absent member may be anything. */
export interface Expected {
  readonly partner?: string | null;
  readonly region?: string | null;
  readonly reason?: string | null;
  readonly orderNumber?: string | null;
}

/** What one row says: nulls are an agent's "none", or an empty field. */
export interface Said {
  readonly code: string | null;
  readonly name: string | null;
}
const none: Said = { code: null, name: null };

/** What rows said before a change, as far as fields can say it again. */
export type Before = { readonly [Kind in keyof Expected]?: Said };

export interface Plan {
  /** Each is written before the next: Zendesk notes a change only where a value differs. */
  readonly steps: readonly (readonly FieldChange[])[];
  readonly undo: readonly FieldChange[];
  readonly expected: Expected;
  readonly before: Before;
  /** True where what stood before is nothing that a field can say. */
  readonly isFinal: boolean;
}

/** What the service says once `before` is written back. */
export const expectedOf = (before: Before): Expected =>
  Object.fromEntries(Object.entries(before).map(([kind, { code }]) => [kind, code]));

/** Whether there is any field to say something in. */
export const isMapped = (fields: Fields | null): fields is Fields =>
  fields !== null && (fields.partner ?? fields.region ?? fields.reason ?? fields.orderNumber) !== null;

/** What the field says a choice with; null where the drop-down has no option for it. */
export const valueFor = (choice: Choice, { options }: Pick<FieldState, 'options'>): string | null =>
  options === null ? choice.code : (choice.values.find((value) => options.includes(value)) ?? null);

/** Which fields a wish touches: these are read before they are written. */
export const fieldsOf = (wish: Wish, fields: Fields): readonly string[] => {
  if (wish.kind === 'notAboutAnOrder') return fields.notAboutAnOrder?.empty ?? [];
  const id = fields[wish.kind];
  return id === null ? [] : [id];
};

const kinds = ['partner', 'region', 'reason', 'orderNumber'] as const satisfies readonly (keyof Fields)[];

/** The rows that a wish changes. */
export const kindsOf = (wish: Wish, fields: Fields): readonly (typeof kinds)[number][] => {
  const ids = fieldsOf(wish, fields);
  return kinds.filter((kind) => fields[kind] !== null && ids.includes(fields[kind]));
};

/** A change as far as it says what rows say. */
export interface Change {
  readonly wish: Wish;
  readonly isUndo: boolean;
  readonly before: Before;
}

/** What a change says in one of its rows; undefined where that is not known. */
export const saidIn = ({ wish, isUndo, before }: Change, kind: keyof Expected): Said | undefined => {
  if (isUndo) return before[kind];
  if (wish.kind === 'notAboutAnOrder') return none;
  return wish.kind === 'orderNumber' ? numberSaid(wish.number) : wish.choice;
};

const numberSaid = (number: string | null): Said => (number === null ? none : { code: number, name: `#${number}` });

/** True where the later of two wishes takes the place of the earlier. */
export const isReplaced = (earlier: Wish, later: Wish, fields: Fields): boolean => {
  const ids = fieldsOf(later, fields);
  return fieldsOf(earlier, fields).some((id) => ids.includes(id));
};

/** What the fields hold once all steps are written. */
export const heldAfter = (steps: Plan['steps']): readonly FieldChange[] => [
  ...new Map(steps.flat().map((change) => [change.id, change])).values(),
];

/** How much of a change a ticket holds. */
export const heldIn = (
  states: ReadonlyMap<string, FieldState>,
  changes: readonly FieldChange[],
): 'all' | 'some' | 'none' => {
  const held = changes.filter(({ id, value }) => (states.get(id)?.value ?? null) === value).length;
  return held === changes.length ? 'all' : held > 0 ? 'some' : 'none';
};

/**
 * How a wish is written and taken back. Null: a field is not mapped or has no option for it.
 *
 * Undo writes what stood before. An agent who empties a partner or region field says "none", and nothing takes that back to what
 * orders or rules found (RULES.md section 3, rung 1): so one partner or region is named, an agent's "none" is said again, and
 * where it was shared, found nowhere, not known yet, or the field has no word for it, there is no undo.
 */
export const planOf = (
  wish: Wish,
  now: {
    readonly fields: Fields;
    readonly states: ReadonlyMap<string, FieldState>;
    readonly data: SidebarTicket | null;
    readonly choices: SidebarChoices | null;
    /** Earlier changes that the service does not say yet. */
    readonly standing?: readonly Change[];
  },
): Plan | null => {
  const { fields, states, data, choices, standing = [] } = now;
  const listOf = (id: string): readonly Choice[] =>
    (id === fields.partner ? choices?.partners : id === fields.region ? choices?.regions : undefined) ?? [];
  const halfOf = (id: string): Half | null =>
    id === fields.partner ? 'partner' : id === fields.region ? 'region' : null;
  /**
   * A word that the field takes for a moment, and its audit for good: what is shown, the largest share first; where nothing
   * of it is an option, one that names nobody.
   */
  const fillerOf = (id: string, state: FieldState): string | undefined => {
    const half = halfOf(id);
    const list = listOf(id);
    const shown = (data?.attribution?.shares ?? []).flatMap((share) => (half && share[half]) ?? []);
    const known = shown.map((one) => list.find(({ code }) => code === one.code) ?? { ...one, values: [one.code] });
    if (state.options !== null) known.push(...list.filter(({ code }) => code === 'direct'), ...list);
    const value = known.map((choice) => valueFor(choice, state)).find((one) => one !== null);
    return value ?? (state.options ? state.options[0] : '-');
  };
  const isSaying = (value: string, { code, values }: Choice): boolean =>
    [code, ...values].some((one) => one.toLowerCase() === value.toLowerCase());
  /** What stood in a row before; undefined: nothing that a field can say. */
  const stoodIn = (kind: Choosable, id: string): Said | undefined => {
    const latest = standing.findLast((one) => kindsOf(one.wish, fields).includes(kind));
    if (latest) return saidIn(latest, kind);
    if (data === null) {
      const held = states.get(id)?.value ?? null;
      return (held !== null && listOf(id).find((choice) => isSaying(held, choice))) || { code: held, name: held };
    }
    const { attribution } = data;
    if (kind === 'reason') return { code: attribution?.reason ?? null, name: null };
    if (attribution === null) return undefined;
    const isAgents = attribution.how[kind] === 'person';
    // An order number that is not read yet may tell another one.
    if (!isAgents && standing.some((one) => one.wish.kind === 'orderNumber')) return undefined;
    const [only, ...others] = sharesBy(kind, attribution);
    return only && others.length === 0 && (only.code !== null || isAgents) ? only : undefined;
  };
  /** The value that says it again; undefined where the field has no word for it. */
  const valueAgain = ({ code }: Said, id: string, state: FieldState): string | null | undefined => {
    if (data === null || halfOf(id) === null) return state.value;
    if (code === null) return null;
    const shown = listOf(id).find((choice) => choice.code === code);
    if (state.value !== null && (!shown || isSaying(state.value, shown))) return state.value;
    return (shown && valueFor(shown, state)) ?? undefined;
  };
  const wayBack = (ids: readonly string[]): Pick<Plan, 'undo' | 'before' | 'isFinal'> => {
    const before: Record<string, Said> = {};
    const undo: FieldChange[] = [];
    for (const id of ids) {
      const state = states.get(id);
      const kind = kinds.find((one) => fields[one] === id);
      if (!state || !kind) continue;
      const stood = kind === 'orderNumber' ? numberSaid(state.value) : stoodIn(kind, id);
      const value = stood && valueAgain(stood, id, state);
      if (stood === undefined || value === undefined) return { undo: [], before: {}, isFinal: true };
      before[kind] = stood;
      undo.push({ id, value });
    }
    return { undo, before, isFinal: false };
  };

  if (wish.kind === 'notAboutAnOrder') {
    const ids = fieldsOf(wish, fields);
    if (ids.length === 0) return null;
    const empty = ids.map((id) => ({ id, value: null }));
    // Emptying what is empty leaves no trace: such fields are filled first.
    const filled = ids.flatMap((id) => {
      const state = states.get(id);
      if (!state || state.value !== null) return [];
      const filler = fillerOf(id, state);
      return filler === undefined ? [] : [{ id, value: filler }];
    });
    return {
      steps: filled.length > 0 ? [filled, empty] : [empty],
      expected: { partner: null },
      ...wayBack(ids),
    };
  }

  const id = fields[wish.kind];
  const state = id === null ? undefined : states.get(id);
  if (id === null || state === undefined) return null;
  const value = wish.kind === 'orderNumber' ? wish.number : valueFor(wish.choice, state);
  if (value === null && wish.kind !== 'orderNumber') return null;
  const code = wish.kind === 'orderNumber' ? wish.number : wish.choice.code;
  const back = wayBack([id]);
  return {
    // The same value again would leave no trace, and an agent who confirms what is there is to be heard.
    steps: state.value === value ? [[{ id, value: null }], [{ id, value }]] : [[{ id, value }]],
    expected: { [wish.kind]: code },
    // Nothing takes back that an agent has confirmed it.
    ...(back.undo.some((one) => one.value === value) ? { ...back, undo: [] } : back),
  };
};

/**
 * True once the service's answer says what was expected, and is not about to change. `since` is when an agent had chosen last
 * before it was written: who takes a choice back to what an agent chose before is not answered by what the service says still.
 */
export const takenIn = (expected: Expected, data: SidebarTicket, since: string | null = null): boolean => {
  const { attribution } = data;
  if (attribution === null || attribution.pending) return false;
  const { partner, region, reason, orderNumber } = expected;
  const chosen = partner !== undefined || region !== undefined;
  if (chosen && (attribution.corrected === null || attribution.corrected.at === since)) return false;
  const [first] = attribution.shares;
  const said = {
    partner: first?.partner?.code ?? null,
    region: first?.region?.code ?? null,
    reason: attribution.reason,
  };
  const numbers = orderNumber == null ? [] : numbersIn(orderNumber);
  return (
    (partner === undefined || partner === said.partner) &&
    (region === undefined || region === said.region) &&
    (reason === undefined || reason === said.reason) &&
    (orderNumber === undefined ||
      (numbers.length === 0
        ? attribution.orderField.length === 0
        : numbers.every((one) => readNumber(one, attribution))))
  );
};
