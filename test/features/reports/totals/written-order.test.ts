import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { books, totalColumns } from '../../../../src/features/reports/totals/books.ts';
import { migrationsFolder } from '../../../../src/platform/database/migrate.ts';

/** The latest migration that wrote kept totals down. */
const lastWriting = async (): Promise<string> => {
  const names = (await readdir(migrationsFolder, { withFileTypes: true })).filter((one) => one.isDirectory());
  const scripts = await Promise.all(
    names.map(({ name }) =>
      readFile(join(migrationsFolder, name, 'migration.sql'), 'utf8').then((text) => ({ name, text })),
    ),
  );
  const [last] = scripts
    .filter(({ text }) => text.includes('insert into rollup_written'))
    .toSorted((a, b) => (a.name < b.name ? 1 : -1));
  return last?.text ?? '';
};

test('numbers are read in the order in which a ledger holds them: whoever changes it has to write them anew', async () => {
  const columns = (await lastWriting()).matchAll(/select '(\w+)', s\.span.*?concat_ws\(' ',(.*?)\), E'/gs);
  const written = new Map(
    [...columns].map(([, book, list]) => [book, [...(list ?? '').matchAll(/s\.(\w+)/g)].map(([, name]) => name)]),
  );
  expect(written).toEqual(new Map(books.map((book) => [book.name, totalColumns(book)])));
});
