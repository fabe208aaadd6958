import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

const wasmPath = createRequire(import.meta.url)
  .resolve('@prisma/schema-engine-wasm')
  .replace(/schema_engine\.js$/, 'schema_engine_bg.wasm');

/** Node's types name WebAssembly without its functions. */
const { instantiate } = (
  globalThis as unknown as {
    WebAssembly: {
      instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
    };
  }
).WebAssembly;

let started: Promise<void> | undefined;
/** The package's own entry imports the .wasm as a module, which Node cannot do: it is instantiated by hand. */
const start = async (): Promise<void> => {
  const { instance } = await instantiate(await readFile(wasmPath), { './schema_engine_bg.js': engine });
  engine.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
};

/** Columns of a result (by its rows) that have the one-byte type "char" of the system catalogues, which the adapter does not know. */
const charColumns = new WeakMap<object, number[]>();

class CataloguePool extends pg.Pool {
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of pg's query are passed through as they come
  override async query(...parameters: any[]): Promise<any> {
    const result = await (super.query as (...all: unknown[]) => Promise<pg.QueryArrayResult>)(...parameters);
    const found: number[] = [];
    for (const [index, field] of (result.fields ?? []).entries()) {
      if (field.dataTypeID !== pg.types.builtins.CHAR) continue;
      field.dataTypeID = pg.types.builtins.TEXT;
      found.push(index);
    }
    if (result.rows) charColumns.set(result.rows, found);
    return result;
  }
}

const catalogueAdapter = (pool: pg.Pool): SqlMigrationAwareDriverAdapterFactory => {
  const factory = new PrismaPg(pool);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      for (const index of charColumns.get(result.rows) ?? []) result.columnTypes[index] = ColumnTypeEnum.Character;
      return result;
    };
    // The adapter's own cuts a script at every semicolon; the server takes it whole, as it does from Prisma's CLI.
    adapter.executeScript = async (script) => {
      await pool.query(script);
    };
    return adapter;
  };
  return factory;
};

const filters = { externalTables: [], externalEnums: [] };

/** Prisma's own schema engine on the database at `url`, offline. */
const withEngine = async <T>(
  url: string,
  schema: string,
  work: (on: engine.SchemaEngine) => Promise<T>,
): Promise<T> => {
  started ??= start();
  await started;
  const pool = new CataloguePool({ connectionString: url });
  const adapter = bindMigrationAwareSqlAdapterFactory(catalogueAdapter(pool));
  const schemaEngine = await engine.SchemaEngine.new(
    { datamodels: [['schema.prisma', schema]] },
    () => undefined,
    adapter,
  );
  try {
    return await work(schemaEngine);
  } finally {
    schemaEngine.free();
    await pool.end();
  }
};

/** The SQL that turns the database at `url` into what `schema` (text of a Prisma schema) says; empty when nothing differs. */
export const schemaDiff = (url: string, schema: string): Promise<string> =>
  withEngine(url, schema, async (schemaEngine) => {
    const files = [{ path: 'schema.prisma', content: schema }];
    const result = await schemaEngine.diff({
      from: { tag: 'schemaDatasource', files, configDir: '.' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters,
    });
    const script = result.stdout?.trim() ?? '';
    return script === '-- This is an empty migration.' ? '' : script;
  });

/** What `prisma migrate deploy` applies to the database at `url`: the names of the migrations, in order. */
export const deploy = (url: string, folder: string): Promise<string[]> =>
  withEngine(url, '', async (schemaEngine) => {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    const migrationDirectories = await Promise.all(
      names.sort().map(async (path) => ({
        path,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await readFile(join(folder, path, 'migration.sql'), 'utf8') },
        },
      })),
    );
    const lockfile = {
      path: 'migration_lock.toml',
      content: await readFile(join(folder, 'migration_lock.toml'), 'utf8'),
    };
    const migrationsList = { baseDir: folder, lockfile, shadowDbInitScript: '', migrationDirectories };
    return (await schemaEngine.applyMigrations({ migrationsList, filters })).appliedMigrationNames;
  });
