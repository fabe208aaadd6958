import { expect, test } from 'vitest';
import { type FieldState, planOf, takenIn, valueFor } from '../../zendesk-app/src/correction.ts';
import { attributionOf, choices, nord, sud, sweden, takenBy, ticketOf } from './answers.ts';

const [nordChoice, sudChoice] = choices.partners;
if (!nordChoice || !sudChoice) throw new Error('two partners are needed');
const partnerOptions = ['partner_nord', 'partner_sud'];
const regionOptions = ['region_se', 'region_de'];

const now = (held: Record<string, string | null>, data = ticketOf()) => ({
  fields: data.fields,
  data,
  choices,
  states: new Map<string, FieldState>(
    Object.entries(held).map(([id, value]) => [
      id,
      { value, options: id === '11' ? partnerOptions : id === '12' ? regionOptions : null },
    ]),
  ),
});

test('a drop-down takes the first value that is an option of it, a text field the code', () => {
  expect(valueFor(sudChoice, { options: partnerOptions })).toBe('partner_sud');
  expect(valueFor(sudChoice, { options: ['nord', 'sud'] })).toBe('sud');
  expect(valueFor(sudChoice, { options: null })).toBe('sud');
  expect(valueFor(sudChoice, { options: ['partner_nord'] })).toBeNull();
});

test('a partner is written in one change, and undo gives back what the field held', () => {
  expect(planOf({ kind: 'partner', choice: sudChoice }, now({ '11': 'partner_nord' }))).toMatchObject({
    steps: [[{ id: '11', value: 'partner_sud' }]],
    undo: [{ id: '11', value: 'partner_nord' }],
    expected: { partner: 'sud' },
    before: { partner: { code: 'nord', name: 'Nord' } },
    isFinal: false,
  });
});

test('undo of a partner field that was empty names the partner that was shown: emptying it would say no partner', () => {
  const plan = planOf({ kind: 'partner', choice: sudChoice }, now({ '11': null }));
  expect(plan?.undo).toEqual([{ id: '11', value: 'partner_nord' }]);
});

test('who confirms what the field holds already is heard: it is emptied and filled, for Zendesk notes differences alone', () => {
  expect(planOf({ kind: 'partner', choice: nordChoice }, now({ '11': 'partner_nord' }))?.steps).toEqual([
    [{ id: '11', value: null }],
    [{ id: '11', value: 'partner_nord' }],
  ]);
});

test('nothing is planned for a field that is not mapped or has no such option', () => {
  const unmapped = ticketOf();
  const fields = { ...unmapped.fields, partner: null };
  expect(planOf({ kind: 'partner', choice: sudChoice }, { ...now({}), fields })).toBeNull();
  const short = new Map<string, FieldState>([['11', { value: null, options: ['partner_nord'] }]]);
  expect(planOf({ kind: 'partner', choice: sudChoice }, { ...now({}), states: short })).toBeNull();
});

test('"not about an order" empties the fields, and fills an empty one first so that the audit says it', () => {
  expect(planOf({ kind: 'notAboutAnOrder' }, now({ '11': 'partner_nord', '12': null }))).toMatchObject({
    steps: [
      [{ id: '12', value: 'region_se' }],
      [
        { id: '11', value: null },
        { id: '12', value: null },
      ],
    ],
    undo: [
      { id: '11', value: 'partner_nord' },
      { id: '12', value: 'region_se' },
    ],
    expected: { partner: null },
  });
  expect(planOf({ kind: 'notAboutAnOrder' }, now({ '11': 'partner_nord', '12': 'region_se' }))?.steps).toHaveLength(1);
});

test('an empty field is emptied with a trace also where no list of choices is known', () => {
  const blind = { ...now({ '11': null, '12': null }), choices: null };
  expect(planOf({ kind: 'notAboutAnOrder' }, blind)).toMatchObject({
    steps: [
      [
        { id: '11', value: 'partner_nord' },
        { id: '12', value: 'region_se' },
      ],
      [{ value: null }, { value: null }],
    ],
    // What was shown cannot be named: there is no way back.
    undo: [],
  });
});

const sharedBy = (...partners: ({ code: string; name: string } | null)[]) => ({
  shares: partners.map((partner) => ({ partner, region: sweden, ppm: 1_000_000 / partners.length })),
});
const toSud = { kind: 'partner', choice: sudChoice } as const;

test.each([
  ['was shared by two partners', attributionOf(sharedBy(nord, sud))],
  ['was shared with nobody', attributionOf(sharedBy(nord, null))],
  ['was found nowhere', attributionOf(sharedBy(null))],
  ['is not known yet', null],
])('bug: undo of a partner where what %s claimed to bring it back; there is none', (_, attribution) => {
  const data = ticketOf({ attribution });
  for (const held of [null, 'partner_nord']) {
    expect(planOf(toSud, now({ '11': held }, data))).toMatchObject({ undo: [], before: {}, isFinal: true });
    expect(planOf({ kind: 'notAboutAnOrder' }, now({ '11': held, '12': null }, data))).toMatchObject({
      undo: [],
      isFinal: true,
    });
  }
});

test('an agent who said "no partner" is given that word back', () => {
  const data = ticketOf({ attribution: attributionOf({ ...sharedBy(null), method: 'person' }) });
  expect(planOf(toSud, now({ '11': null }, data))).toMatchObject({
    undo: [{ id: '11', value: null }],
    before: { partner: { code: null } },
    isFinal: false,
  });
});

test('a partner field that holds another word than what was shown is given what was shown', () => {
  expect(planOf(toSud, now({ '11': 'partner_west' }))?.undo).toEqual([{ id: '11', value: 'partner_nord' }]);
});

test('what an order number that is not read yet will tell is not known, so that nothing gives it back', () => {
  const attached = { wish: { kind: 'orderNumber', number: '1002' }, isUndo: false, before: {} } as const;
  expect(planOf(toSud, { ...now({ '11': null }), standing: [attached] })).toMatchObject({ undo: [], isFinal: true });
  const chosen = { wish: { kind: 'partner', choice: sudChoice }, isUndo: false, before: {} } as const;
  expect(
    planOf({ kind: 'partner', choice: nordChoice }, { ...now({ '11': 'partner_sud' }), standing: [attached, chosen] }),
  ).toMatchObject({ undo: [{ id: '11', value: 'partner_sud' }], before: { partner: { code: 'sud' } } });
});

test('of who confirms what is shown there is nothing to take back, and nothing is lost', () => {
  expect(planOf({ kind: 'partner', choice: nordChoice }, now({ '11': null }))).toMatchObject({
    undo: [],
    isFinal: false,
  });
});

test('an order number is taken away, and undo writes it again', () => {
  expect(planOf({ kind: 'orderNumber', number: null }, now({ '14': '99999' }))).toMatchObject({
    steps: [[{ id: '14', value: null }]],
    undo: [{ id: '14', value: '99999' }],
    expected: { orderNumber: null },
    before: { orderNumber: { code: '99999', name: '#99999' } },
  });
});

test('an order number is taken in once its field was read, whether there is such an order or not', () => {
  const read = (numbers: string[]) =>
    ticketOf({ attribution: attributionOf({ orderField: numbers.map((number) => ({ number, known: false })) }) });
  expect(takenIn({ orderNumber: '99999' }, read(['99999']))).toBe(true);
  expect(takenIn({ orderNumber: '99999' }, read([]))).toBe(false);
  expect(takenIn({ orderNumber: null }, read(['99999']))).toBe(false);
  expect(takenIn({ orderNumber: null }, read([]))).toBe(true);
});

const fillersOf = (state: ReturnType<typeof now>) =>
  planOf({ kind: 'notAboutAnOrder' }, state)?.steps[0]?.map(({ value }) => value);
const borneBy = (...partners: ({ code: string; name: string } | null)[]) =>
  ticketOf({
    attribution: attributionOf({ shares: partners.map((partner) => ({ partner, region: null, ppm: 500_000 })) }),
  });
const west = { code: 'west', name: 'West' };

test('bug: the audit of "not about an order" named a partner that had nothing to do with the ticket', () => {
  const held = { '11': null, '12': 'region_se' };
  // The second bearer has an option where the first has none, also where no choices could be loaded.
  expect(fillersOf(now(held, borneBy(west, sud)))).toEqual(['partner_sud']);
  const coded = new Map<string, FieldState>([['11', { value: null, options: ['nord', 'sud'] }]]);
  expect(fillersOf({ ...now({}, borneBy(sud)), states: coded, choices: null as never })).toEqual(['sud']);
  // Nothing shown: Direct names no partner, and a field of any text says so itself.
  const direct = { code: 'direct', name: 'direct', values: ['partner_direct'], aliases: [] };
  const options = ['partner_nord', 'partner_direct'];
  expect(
    fillersOf({
      ...now({}, borneBy(null)),
      states: new Map([['11', { value: null, options }]]),
      choices: { ...choices, partners: [...choices.partners, direct] },
    }),
  ).toEqual(['partner_direct']);
  const text = new Map<string, FieldState>([['11', { value: null, options: null }]]);
  expect(fillersOf({ ...now({}, borneBy(null)), states: text })).toEqual(['-']);
  expect(fillersOf({ ...now({}, borneBy(west)), states: text })).toEqual(['west']);
});

test('what a drop-down has no word for cannot be given back', () => {
  const west = ticketOf({
    attribution: attributionOf({ shares: [{ partner: { code: 'west', name: 'West' }, region: null, ppm: 1_000_000 }] }),
  });
  expect(planOf({ kind: 'partner', choice: sudChoice }, now({ '11': null }, west))?.undo).toEqual([]);
});

test('an order number goes to its field as it is, and undo empties it again', () => {
  expect(planOf({ kind: 'orderNumber', number: '1002' }, now({ '14': null }))).toMatchObject({
    steps: [[{ id: '14', value: '1002' }]],
    undo: [{ id: '14', value: null }],
    expected: { orderNumber: '1002' },
    before: { orderNumber: { code: null } },
  });
});

test('a correction is taken in once the service says it by an agent, and has nothing left to decide', () => {
  expect(takenIn({ partner: 'sud' }, ticketOf())).toBe(false);
  expect(takenIn({ partner: 'sud' }, takenBy(sud))).toBe(true);
  expect(takenIn({ partner: null }, takenBy(null))).toBe(true);
  expect(takenIn({ partner: 'sud' }, takenBy(sud), '2026-05-04T10:01:00.000Z')).toBe(false);
  expect(
    takenIn(
      { orderNumber: 'de-1' },
      ticketOf({ attribution: attributionOf({ orderField: [{ number: 'DE-1', known: true }] }) }),
    ),
  ).toBe(true);
  // What rules say without the agent is no answer to the agent.
  expect(takenIn({ partner: nord.code }, ticketOf())).toBe(false);
  const pending = takenBy(sud);
  expect(
    takenIn({ partner: 'sud' }, { ...pending, attribution: attributionOf({ ...pending.attribution, pending: true }) }),
  ).toBe(false);
  expect(takenIn({ reason: 'return' }, ticketOf())).toBe(true);
  expect(takenIn({ orderNumber: '1001' }, ticketOf({ attribution: null }))).toBe(false);
});
