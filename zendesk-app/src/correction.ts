import type { SidebarChoices, SidebarTicket } from '../../src/features/sidebar/contract.ts';

// What an agent puts right, as changes of the mapped ticket fields; pure.

export type Half = 'partner' | 'region';
export type Choosable = Half | 'reason';
export type Fields = SidebarTicket['fields'];
export type Choice = SidebarChoices['reasons'][number] & { readonly aliases?: readonly string[] };

export type Wish =
  | { readonly kind: Choosable; readonly choice: Choice }
  | { readonly kind: 'orderNumber'; readonly number: string }
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

export interface Plan {
  /** Each is written before the next: Zendesk notes a change only where a value differs. */
  readonly steps: readonly (readonly FieldChange[])[];
  readonly undo: readonly FieldChange[];
  readonly expected: Expected;
  readonly expectedOfUndo: Expected;
}

/** Codes that the service says now. */
export const saidBy = (data: SidebarTicket | null): Required<Expected> => {
  const first = data?.attribution?.shares[0];
  return {
    partner: first?.partner?.code ?? null,
    region: first?.region?.code ?? null,
    reason: data?.attribution?.reason ?? null,
    orderNumber: data?.attribution?.order?.number ?? null,
  };
};

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

const pick = (said: Required<Expected>, kind: keyof Expected): Expected => ({ [kind]: said[kind] });

/**
 * How a wish is written and taken back. Null: a field is not mapped or has no option for it.
 *
 * Undo restores what the field held. A partner or region field that was empty is given what was shown before, if something
 * was: an agent who empties it says "no partner", and nothing takes that back to what rules found (RULES.md section 3, rung 1).
 * Where the field has no word for what was shown there is no undo.
 */
export const planOf = (
  wish: Wish,
  now: {
    readonly fields: Fields;
    readonly states: ReadonlyMap<string, FieldState>;
    readonly data: SidebarTicket | null;
    /** True of data that the browser kept: orders are not in it. */
    readonly isRemembered?: boolean;
    readonly choices: SidebarChoices | null;
  },
): Plan | null => {
  const said = saidBy(now.data);
  const { fields, states, choices } = now;
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
    const shown = (now.data?.attribution?.shares ?? []).flatMap((share) => (half && share[half]) ?? []);
    const known = shown.map((one) => list.find(({ code }) => code === one.code) ?? { ...one, values: [one.code] });
    if (state.options !== null) known.push(...list.filter(({ code }) => code === 'direct'), ...list);
    const value = known.map((choice) => valueFor(choice, state)).find((one) => one !== null);
    return value ?? (state.options ? state.options[0] : '-');
  };
  /** Undefined: it cannot be given back. */
  const heldBefore = (id: string): string | null | undefined => {
    const state = states.get(id);
    if (state === undefined || state.value !== null) return state?.value ?? null;
    const half = halfOf(id);
    if (half === null || said[half] === null) return null;
    const shown = listOf(id).find(({ code }) => code === said[half]);
    return (shown && valueFor(shown, state)) ?? undefined;
  };
  const undoOf = (ids: readonly string[]): readonly FieldChange[] => {
    const held = ids.map((id) => ({ id, value: heldBefore(id) }));
    return held.every((one): one is FieldChange => one.value !== undefined) ? held : [];
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
      undo: undoOf(ids),
      expected: { partner: null },
      expectedOfUndo: pick(said, 'partner'),
    };
  }

  const id = fields[wish.kind];
  const state = id === null ? undefined : states.get(id);
  if (id === null || state === undefined) return null;
  const value = wish.kind === 'orderNumber' ? wish.number : valueFor(wish.choice, state);
  if (value === null) return null;
  const code = wish.kind === 'orderNumber' ? wish.number : wish.choice.code;
  return {
    // The same value again would leave no trace, and an agent who confirms what is there is to be heard.
    steps: state.value === value ? [[{ id, value: null }], [{ id, value }]] : [[{ id, value }]],
    // Nothing takes back that an agent has confirmed it.
    undo: state.value === value ? [] : undoOf([id]),
    expected: { [wish.kind]: code },
    expectedOfUndo: wish.kind === 'orderNumber' && now.isRemembered ? {} : pick(said, wish.kind),
  };
};

/** A longer one is none to the service. */
const longestNumber = 40;

/** Order numbers are found in either case. */
const same = (a: string | null, b: string | null | undefined): boolean => a?.toLowerCase() === b?.toLowerCase();

/**
 * True once the service's answer says what was expected, and is not about to change. `since` is when an agent had chosen last
 * before it was written: who takes a choice back to what an agent chose before is not answered by what the service says still.
 */
export const takenIn = (expected: Expected, data: SidebarTicket, since: string | null = null): boolean => {
  const { attribution } = data;
  if (attribution === null || attribution.pending) return false;
  const said = saidBy(data);
  const chosen = 'partner' in expected || 'region' in expected;
  if (chosen && (attribution.corrected === null || attribution.corrected.at === since)) return false;
  return (Object.keys(expected) as (keyof Expected)[]).every((name) => same(said[name], expected[name]));
};

/** Choices that a search finds: every word of it stands somewhere in the name, the code or an alias. */
export const matching = (choices: readonly Choice[], search: string, locale: string): readonly Choice[] => {
  const plain = (text: string): string =>
    text
      .normalize('NFKD')
      .replaceAll(/\p{Mn}/gu, '')
      .toLocaleLowerCase(locale);
  const words = plain(search).split(/\s+/).filter(Boolean);
  return choices.filter((choice) => {
    const text = plain([choice.name, choice.code, ...(choice.aliases ?? [])].join(' '));
    return words.every((word) => text.includes(word));
  });
};

/** Unicode keeps the ten digits of every script in one run, zero first. */
const plainDigit = (digit: string): string => {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
};

/**
 * The one order number that people type or paste, as the service reads its field: digits of any script, "#" and words around it
 * left out, "Order #1001" is 1001. Null where it is none, or more than one.
 */
export const orderNumberIn = (typed: string): string | null => {
  const parts = typed
    .normalize('NFC')
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/(?![0-9])\p{Nd}/gu, plainDigit)
    .split(/[\s,;|#]+/)
    .map((part) => part.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter((part) => /\d/.test(part));
  const [only] = new Set(parts);
  return only !== undefined && new Set(parts).size === 1 && only.length <= longestNumber ? only : null;
};
