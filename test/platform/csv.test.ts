import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidInput } from '../../src/core/errors.ts';
import { readTable, writeCsv } from '../../src/platform/csv.ts';

const columns = z.object({
  code: z.string().regex(/^[a-z]+$/, 'use letters a to z'),
  hourly: z.string().regex(/^\d+(\.\d+)?$/, 'is not a decimal number'),
  note: z.string().optional(),
});

const faultsOf = (text: string) => {
  try {
    readTable(text, columns);
  } catch (error) {
    if (error instanceof InvalidInput) return error.faults.map(({ field, reason }) => `${field}: ${reason}`);
    throw error;
  }
  return [];
};

describe('readTable', () => {
  it.each([
    ['plain', 'code,hourly\nnord,1.5\nsud,2\n'],
    ['BOM and CRLF', '\uFEFFcode,hourly\r\nnord,1.5\r\nsud,2\r\n'],
    ['semicolons', 'code;hourly\nnord;1.5\nsud;2'],
    ['a BOM before a quoted header', '\uFEFF"code","hourly"\n"nord","1.5"\n"sud",2'],
    ['other order and case of the columns', 'Hourly,CODE\n1.5,nord\n2,sud'],
    ['blanks around cells', ' code , hourly \n nord , 1.5 \n sud,2'],
  ])('reads %s', (_name, text) => {
    expect(readTable(text, columns)).toEqual([
      { row: 2, value: { code: 'nord', hourly: '1.5' } },
      { row: 3, value: { code: 'sud', hourly: '2' } },
    ]);
  });

  it('keeps delimiters, quotes and line ends inside quoted cells', () => {
    const [row] = readTable('code,hourly,note\nnord,1,"a, ""b""; c\nd"', columns);
    expect(row?.value.note).toBe('a, "b"; c\nd');
  });

  it('counts rows as a spreadsheet does, blank lines included', () => {
    expect(readTable('code,hourly\n\nnord,1\n,\nsud,2', columns).map(({ row }) => row)).toEqual([3, 5]);
    expect(faultsOf('code,hourly\n\nnord,x')).toEqual(['row 3, column hourly: is not a decimal number']);
  });

  it('names every fault of the file at once', () => {
    expect(faultsOf('code,hourly\nnord,1\nNORD,x\nsud,\nost,1,2')).toEqual([
      'row 3, column code: use letters a to z',
      'row 3, column hourly: is not a decimal number',
      'row 4, column hourly: is empty; a value is needed',
      'row 5: has 3 cells where the header has 2; quote a cell that holds the delimiter',
    ]);
  });

  it('names missing, unknown, repeated and nameless columns', () => {
    expect(faultsOf('code,code,colour,\nnord,nord,red,')).toEqual([
      'row 1, column hourly: the column is missing; the header needs code,hourly; note may be left out',
      'row 1, column code: the column stands twice in the header',
      'row 1, column colour: the column is unknown; known are code, hourly, note',
      'row 1, column 4: the column has no name',
    ]);
  });

  it('says what an empty or unreadable file needs', () => {
    expect(() => readTable(' \n', columns)).toThrow('must be the header code,hourly; note may be left out');
    expect(faultsOf('code,hourly\nnord,"1')).toEqual(['row 2: a quote is opened or closed where it may not be']);
  });
});

describe('a decimal comma', () => {
  const read = (text: string) => readTable(text, columns, { decimals: ['hourly'] })[0]?.value.hourly;

  it.each([
    ['30,50', '30.50'],
    ['1234,5', '1234.5'],
    ['0,123456', '0.123456'],
    ['0,925', '0.925'],
    ['1,2000', '1.2000'],
    ['1,20', '1.20'],
    ['1200', '1200'],
    ['30.50', '30.50'],
    ['30', '30'],
  ])('%s is read where ";" is the delimiter', (cell, value) => expect(read(`code;hourly\nnord;${cell}`)).toBe(value));

  it.each(['1.234,50', '1,234,567', '1,234.50', '1 234,50', '30,', ',50'])('%s is not guessed at', (cell) =>
    expect(() => read(`code;hourly\nnord;${cell}`)).toThrow(InvalidInput),
  );

  it.each([
    ['1,200', 'can be read as 1.200 or as 1200; write the first as 1,2000, the second as 1200'],
    ['31,500', 'can be read as 31.500 or as 31500; write the first as 31,5000, the second as 31500'],
    ['1234,500', 'can be read as 1234.500 or as 1234500; write the first as 1234,5000, the second as 1234500'],
  ])('bug: %s became a thousandth where its comma stood for thousands', (cell, reason) => {
    const file = `code;hourly\nnord;1,5\nsud;${cell}\nost;x`;
    expect(() => readTable(file, columns, { decimals: ['hourly'] })).toThrow(
      expect.objectContaining({
        faults: [
          { field: 'row 3, column hourly', reason },
          { field: 'row 4, column hourly', reason: 'is not a decimal number' },
        ],
      }),
    );
  });

  it('is refused where "," is the delimiter, and in a column that did not ask for it', () => {
    expect(() => read('code,hourly\nnord,"30,50"')).toThrow(InvalidInput);
    expect(() => readTable('code;hourly\nnord;30,50', columns)).toThrow(InvalidInput);
  });
});

describe('writeCsv', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+cmd', "'+cmd"],
    ['-2+3', "'-2+3"],
    ['@sum', "'@sum"],
    [' =1', "' =1"],
    ['＝1', "'＝1"],
    ['-3.300000', '-3.300000'],
    ['nord', 'nord'],
  ])('writes %s as %s', (cell, written) => {
    expect(writeCsv(['a'], [[cell]])).toBe(`a\r\n${written}\r\n`);
  });

  it('writes numbers, truth values and nothing', () => {
    expect(writeCsv(['a', 'b', 'c', 'd'], [[-1, 2n, true, null]])).toBe('a,b,c,d\r\n-1,2,true,\r\n');
  });

  it.each(['@bank', '-', '=1+1', "'@bank", "''=x", ' +1 a', "'nord", '-3.5'])(
    'bug: %s was read back with an apostrophe more than was written',
    (cell) => {
      const [row] = readTable(writeCsv(['value'], [[cell]]), z.object({ value: z.string() }));
      expect(row?.value.value).toBe(cell.trim());
    },
  );

  it('is read back as it was written', () => {
    const cell = fc.string().map((text) => `x${text}x`);
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1 }), (cells) => {
        const text = writeCsv(
          ['value'],
          cells.map((value) => [value]),
        );
        expect(readTable(text, z.object({ value: z.string() })).map(({ value }) => value.value)).toEqual(cells);
      }),
    );
  });
});
