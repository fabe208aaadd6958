import { describe, expect, it, test } from 'vitest';
import { amountText, readableLines, textTable } from '../src/readable.ts';

interface Row {
  readonly name: string;
  readonly cost: string;
  readonly note: string;
}
const rows: readonly Row[] = [
  { name: 'nord', cost: '1,234.50', note: 'dear' },
  { name: 'Sjöberg & Söner', cost: '7.00', note: '' },
];
const columns = [
  { name: 'partner', of: ({ name }: Row) => name },
  { name: 'cost USD', of: ({ cost }: Row) => cost },
  { name: 'note', of: ({ note }: Row) => note, spare: 1 },
];

describe('a table', () => {
  it('has columns as wide as they need, numbers on the right and a total under a rule', () => {
    expect(textTable(columns, rows, { total: { name: 'Total', cost: '1,241.50', note: '' } })).toEqual([
      'partner          cost USD  note',
      '---------------  --------  ----',
      'nord             1,234.50  dear',
      'Sjöberg & Söner      7.00',
      '---------------  --------  ----',
      'Total            1,241.50',
    ]);
  });

  it('leaves out what there is no room for and says so; what must stay stays', () => {
    const narrow = textTable(columns, rows, { width: 30 });
    expect(narrow.at(-1)).toBe('(no room for: note)');
    expect(narrow[0]).toBe('partner          cost USD');
    expect(textTable(columns, rows, { width: 5 })).toEqual(narrow);
    expect(textTable(columns, rows, { width: 31 })[0]).toBe('partner          cost USD  note');
  });

  it('stands straight with signs that take two cells, or none', () => {
    const wide = [
      { name: '東京', cost: '1', note: 'x' },
      { name: 'e\u0301', cost: '22', note: 'y' },
    ];
    expect(textTable(columns, wide)).toEqual([
      'partner  cost USD  note',
      '-------  --------  ----',
      '東京            1  x',
      'e\u0301              22  y',
    ]);
  });

  it('gives the terminal nothing to obey: names and values come from strangers', () => {
    const evil = [{ name: '\u001b[31mred\u001b[0m\u0007', cost: 'a\nb', note: '\u202eabc' }];
    expect(textTable(columns, evil)[2]).toBe('red      a b        abc');
    expect(readableLines({ name: 'a\u001b]0;title\u0007b\rc' }, 80).join('')).not.toMatch(/[\p{Cc}]/u);
  });

  it('without rows is its head', () => {
    expect(textTable(columns, [])).toEqual(['partner  cost USD  note', '-------  --------  ----']);
  });
});

test.each([
  ['1,234.57', '1234.565001', 'USD'],
  ['12.34', '12.345000', 'EUR'],
  ['12.36', '12.355000', 'EUR'],
  ['1,235', '1234.600000', 'JPY'],
  ['12.345', '12.345000', 'KWD'],
  ['-0.50', '-0.500000', 'USD'],
  ['123,456,789,012,345.68', '123456789012345.678901', 'USD'],
])('an amount is shown as %s, for %s %s', (shown, amount, currency) => {
  expect(amountText({ amount, currency })).toBe(shown);
});

describe('an answer', () => {
  it('of names and values has them under one another, with money, instants and what is nested', () => {
    const answer = {
      what: 'rates',
      dryRun: true,
      validFrom: '2026-05-04',
      at: '2026-05-04T09:00:07.123Z',
      cost: { amount: '1.500000', currency: 'EUR' },
      nobody: null,
      warnings: ['one', 'two'],
      preview: [],
      job: { id: '7', result: { tickets: 2, orders: 0 }, error: null },
      absent: undefined,
    };
    expect(readableLines(answer, 80)).toEqual([
      'what        rates',
      'dry run     yes',
      'valid from  2026-05-04',
      'at          2026-05-04 09:00 UTC',
      'cost        1.50 EUR',
      'nobody      -',
      'warnings:',
      '  one',
      '  two',
      'preview: none',
      'job:',
      '  id     7',
      '  error  -',
      '  result:',
      '    tickets  2',
      '    orders   0',
    ]);
  });

  const items = [
    {
      partner: 'nord',
      before: { amount: '10.000000', currency: 'USD' },
      unpriced: { before: 1, after: 0 },
      rule: { when: { tag: 'b2b' }, partner: 'nord' },
    },
    { partner: null, before: null, unpriced: { before: 0, after: 12 } },
  ];

  it('bug: a list was told as nested lines; it is a table, without columns that say nothing', () => {
    const rule = '{"when":{"tag":"b2b"},"partner":"nord"}';
    expect(readableLines({ moves: items, lead: 1 }, 100)).toEqual([
      'lead  1',
      'moves:',
      '  partner     before  unpriced before  unpriced after  rule',
      `  -------  ---------  ---------------  --------------  ${'-'.repeat(rule.length)}`,
      `  nord     10.00 USD                1               0  ${rule}`,
      '  -                -                0              12  -',
    ]);
  });

  it('bug: shares were told with all the digits of a double', () => {
    const answer = { completeness: 0.9946416610850636, partnerShare: 0.1 + 0.2, tickets: 1502, almost: 0.999999 };
    expect(readableLines(answer, 80)).toEqual([
      'completeness   0.994642',
      'partner share  0.3',
      'tickets        1502',
      'almost         0.999999',
    ]);
  });

  it('whose list does not fit has its items one after the other', () => {
    expect(readableLines({ moves: items.map(({ rule: _, ...item }) => item) }, 40)).toEqual([
      'moves:',
      '  partner  nord',
      '  before   10.00 USD',
      '  unpriced:',
      '    before  1',
      '    after   0',
      '',
      '  partner  -',
      '  before   -',
      '  unpriced:',
      '    before  0',
      '    after   12',
    ]);
  });
});
