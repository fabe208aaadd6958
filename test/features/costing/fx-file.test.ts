import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import { readFxFile } from '../../../src/features/costing/fx-file.ts';

const faultsOf = (text: string) => {
  try {
    readFxFile(text);
  } catch (error) {
    if (error instanceof InvalidInput) return error.faults;
    throw error;
  }
  return expect.unreachable('the file should have been refused');
};

const usd = { date: '2026-05-04', base: 'EUR', quote: 'USD', rate: '1.1000' };
const sek = { date: '2026-05-04', base: 'EUR', quote: 'SEK', rate: '11.25' };

describe('an ECB file', () => {
  test.each([
    ['history CSV', 'Date,USD,HRK,SEK,\n2026-05-04,1.1000,N/A,11.25,\n'],
    ['history CSV with a BOM and CRLF', '\uFEFFDate,USD,HRK,SEK,\r\n2026-05-04,1.1000,N/A,11.25,\r\n'],
    ['daily CSV', 'Date, USD, SEK, \n4 May 2026, 1.1000, 11.25, \n'],
    [
      'XML in double quotes, without line breaks',
      '<?xml version="1.0"?><gesmes:Envelope xmlns:gesmes="g" xmlns="e"><gesmes:subject>x</gesmes:subject><Cube><Cube time="2026-05-04"><Cube currency="USD" rate="1.1000"/><Cube currency="SEK" rate="11.25"/></Cube></Cube></gesmes:Envelope>',
    ],
    [
      'XML in single quotes',
      "<gesmes:Envelope xmlns:gesmes='g' xmlns='e'>\n<Cube>\n\t<Cube time='2026-05-04'>\n<Cube currency='USD' rate='1.1000'/>\n<Cube currency='SEK' rate='11.25'/></Cube></Cube></gesmes:Envelope>",
    ],
  ])('%s', (_, text) => expect(readFxFile(text)).toEqual({ source: 'ecb', rows: [usd, sek] }));

  test('a day of one currency, and several days', () => {
    const cube = (day: string) => `<Cube time='${day}'><Cube currency='USD' rate='1.1000'/></Cube>`;
    const xml = (days: string) => `<gesmes:Envelope><Cube>${days}</Cube></gesmes:Envelope>`;
    expect(readFxFile(xml(cube('2026-05-04'))).rows).toEqual([usd]);
    expect(readFxFile(xml(cube('2026-05-05') + cube('2026-05-04'))).rows).toEqual([
      { ...usd, date: '2026-05-05' },
      usd,
    ]);
  });

  test('names the row and the currency of each bad cell', () => {
    expect(faultsOf('Date,USD,SEK,\n2026-05-04,1.1,11.25,\n2026-05-32,-1,1e3,\n')).toEqual([
      { field: 'row 3, column Date', reason: 'is not a day' },
      { field: 'row 3, column USD', reason: expect.stringContaining('above 0') },
      { field: 'row 3, column SEK', reason: expect.stringContaining('above 0') },
    ]);
    expect(faultsOf('Date,USD,\n31 Juni 2026,1.1,\n')).toMatchObject([{ field: 'row 2, column Date' }]);
  });

  test.each([
    ['another XML', '<html><body>Sorry</body></html>'],
    ['cut off', "<gesmes:Envelope><Cube><Cube time='2026-05-04'>"],
    [
      'a rate that is none',
      "<gesmes:Envelope><Cube><Cube time='2026-05-04'><Cube currency='USD' rate='x'/></Cube></Cube></gesmes:Envelope>",
    ],
    ['without rates', 'Date,USD,\n2026-05-04,N/A,\n'],
    ['empty', ''],
  ])('%s is refused', (_, text) => expect(() => readFxFile(text)).toThrow(InvalidInput));
});

describe('an own table', () => {
  test('in any column order and case', () =>
    expect(readFxFile('Quote;base;DATE;rate\naed;eur;2026-05-04;4.04\n')).toEqual({
      source: 'own',
      rows: [{ date: '2026-05-04', base: 'EUR', quote: 'AED', rate: '4.04' }],
    }));

  test('with a decimal comma where ";" separates the cells', () =>
    expect(readFxFile('date;base;quote;rate\n2026-05-04;EUR;AED;4,0412345\n').rows[0]?.rate).toBe('4.0412345'));

  test('bug: a comma that may stand for thousands was read as decimal', () =>
    expect(faultsOf('date;base;quote;rate\n2026-05-04;EUR;KRW;1,654')).toEqual([
      {
        field: 'row 2, column rate',
        reason: 'can be read as 1.654 or as 1654; write the first as 1,6540, the second as 1654',
      },
    ]));

  test('a fault per bad cell', () =>
    expect(faultsOf('date,base,quote,rate\n2026-5-4,EURO,AED,0\n').map(({ field }) => field)).toEqual([
      'row 2, column date',
      'row 2, column base',
      'row 2, column rate',
    ]));

  test('a pair twice a day, and a currency against itself, are refused', () =>
    expect(
      faultsOf('date,base,quote,rate\n2026-05-04,EUR,AED,4\n2026-05-04,EUR,AED,5\n2026-05-04,EUR,EUR,1\n'),
    ).toMatchObject([{ field: 'row 3' }, { field: 'row 4, column quote' }]));
});

test('bug: rates of currencies that do not exist were taken', () => {
  expect(
    faultsOf('date,base,quote,rate\n2026-05-04,EUR,USD,1.1\n2026-05-04,EUR,QQQ,2\n2026-05-04,ZZZ,USD,2\n'),
  ).toEqual([
    { field: 'row 3, column quote', reason: 'is not an ISO 4217 currency code such as EUR' },
    { field: 'row 4, column base', reason: 'is not an ISO 4217 currency code such as EUR' },
  ]);
  expect(readFxFile('date,base,quote,rate\n2020-05-04,EUR,HRK,7.5\n').rows).toHaveLength(1);
});
