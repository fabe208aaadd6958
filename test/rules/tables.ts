import { type SourceFile, withoutComments } from './source.ts';

/** A table of prisma/schema.prisma and the name of its Prisma model in code. */
export interface Table {
  readonly name: string;
  readonly model: string;
}

export const tablesOf = (schema: string): Table[] =>
  [...schema.matchAll(/^model (\w+) \{[\s\S]*?@@map\("(\w+)"\)/gm)].map(([, model = '', name = '']) => ({
    name,
    model: `${model[0]?.toLowerCase()}${model.slice(1)}`,
  }));

/** One file's use of a table. */
export interface Use {
  readonly table: string;
  /** The feature, or the top folder or file of src/ outside the features. */
  readonly room: string;
  readonly path: string;
}

const roomOf = (path: string): string => {
  const [, area = '', feature] = path.split('/');
  return area === 'features' && feature !== undefined ? feature : area;
};

const writes = 'insert\\s+into|update|delete\\s+from|merge\\s+into|copy|truncate(?:\\s+table)?';
const reads = '(?<!delete\\s+)from|join|using';
const prismaWrites = /^(?:create|update|upsert|delete)/;

/** Words of prose before a table's name look like SQL only in comments, which are taken out; SQL stands in strings. */
const named = (words: string, tables: readonly Table[]): RegExp =>
  new RegExp(`\\b(?:${words})\\s+(?:only\\s+)?"?(${tables.map(({ name }) => name).join('|')})"?(?!\\w|"|\\.\\w)`, 'gi');

/** Further tables of a list, each with a short alias: `from a, ticket t`. */
const listed = (tables: readonly Table[]): RegExp =>
  new RegExp(
    `,\\s*"?(${tables.map(({ name }) => name).join('|')})"?\\s+(?:as\\s+)?(?!as\\b)[a-z]{1,3}\\b(?![.:])`,
    'gi',
  );

const usesIn = (files: readonly SourceFile[], find: (text: string) => string[]): Use[] =>
  files.flatMap(({ path, text }) =>
    [...new Set(find(withoutComments(text)))].map((table) => ({ table, room: roomOf(path), path })),
  );

const byPrisma = (text: string, tables: readonly Table[], wanted: (method: string) => boolean): string[] =>
  [...text.matchAll(/\.prisma\s*\.\s*(\w+)\s*\.\s*(\w+)/g)].flatMap(([, model, method = '']) =>
    wanted(method) ? tables.filter((table) => table.model === model).map(({ name }) => name) : [],
  );

/** Who writes which table, by SQL or by Prisma. */
export const writesOf = (files: readonly SourceFile[], tables: readonly Table[]): Use[] =>
  usesIn(files, (text) => [
    ...[...text.matchAll(named(writes, tables))].map(([, name = '']) => name),
    ...byPrisma(text, tables, (method) => prismaWrites.test(method)),
  ]);

/** Who reads which table, by SQL or by Prisma. */
export const readsOf = (files: readonly SourceFile[], tables: readonly Table[]): Use[] =>
  usesIn(files, (text) => [
    ...[...text.matchAll(named(reads, tables)), ...text.matchAll(listed(tables))].map(([, name = '']) => name),
    ...byPrisma(text, tables, (method) => !prismaWrites.test(method)),
  ]);

/** SQL whose table is put together at run time, which no rule can follow. */
export const hiddenTables = (files: readonly SourceFile[]): string[] =>
  files
    .filter(({ text }) => /\.query\b/.test(text))
    .flatMap(({ path, text }) =>
      [...withoutComments(text).matchAll(/\b(?:into|update|from|join|copy)\s+"?\$\{\s*(\w*)[^}]*\}/gi)].map(
        ([, what]) => `${path}: ${what}`,
      ),
    );
