import { Conflict, InvalidInput, NotFound } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { recordAudit } from './audit.ts';
import { type Adapter, openSettings, parseSettings, sealSettings } from './connection-settings.ts';

/** `observe` writes nothing to the vendor; `act` tags and surveys (RULES section 9). */
export type Mode = 'observe' | 'act';

/** One account, its secrets decrypted: for adapters alone, never for a log or an answer. */
export interface Connection {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly mode: Mode;
  /** As the adapter's schema parsed them, secrets included. */
  readonly settings: Record<string, unknown>;
  /** The last part of /webhooks/{key}. */
  readonly webhookKey: string;
  readonly apiUserId: string | null;
  /** Only tickets solved after this are surveyed; null until the mode first was `act`. */
  readonly surveysSince: Date | null;
  readonly createdAt: Date;
}

export interface Connections {
  /** Throws InvalidInput with one fault per setting, Conflict where the name is taken. */
  create(input: {
    readonly kind: string;
    readonly settings: unknown;
    readonly mode?: Mode;
    readonly actor?: string;
  }): Promise<Connection>;
  list(): Promise<Connection[]>;
  /** By id or name; throws NotFound, which names the known ones. */
  get(idOrName: string): Promise<Connection>;
  /** As another process changed it at most a few seconds ago; null where no connection has the key. */
  byWebhookKey(key: string): Promise<Connection | null>;
  setMode(id: number, mode: Mode, actor?: string): Promise<Connection>;
  setApiUser(id: number, apiUserId: string): Promise<Connection>;
  /**
   * Replaces the settings that are given and keeps the others; null takes an optional one away. Throws InvalidInput with one
   * fault per setting, Conflict where a new name is taken.
   */
  changeSettings(id: number, given: Readonly<Record<string, unknown>>, actor?: string): Promise<Connection>;
  /** Adds to lists of secrets (the newest first, two kept: a rotation needs both) and replaces single ones. */
  addSecrets(id: number, secrets: Readonly<Record<string, unknown>>, actor?: string): Promise<Connection>;
}

interface ConnectionRow {
  id: number;
  kind: string;
  name: string;
  mode: Mode;
  settings: Record<string, unknown>;
  secrets: Buffer;
  webhook_key: string;
  api_user_id: string | null;
  surveys_since: Date | null;
  created_at: Date;
}

/** How long a webhook's connection is trusted without asking the database. */
const trustedMs = 3 * secondMs;
const keyBytes = 32;
/** Anything else cannot be a key of ours: strangers who guess cost no query. */
const keyPattern = /^[A-Za-z0-9_-]{32,64}$/;
const secretsKept = 2;

const quoted = (names: readonly string[]): string => names.join(', ') || 'none yet';

export const createConnections = (deps: {
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly random: (bytes: number) => Buffer;
}): Connections => {
  const { db, vault, clock, adapters } = deps;
  const trusted = new Map<string, { readonly until: number; readonly connection: Promise<Connection | null> }>();

  const adapterOf = (kind: string): Adapter => {
    const adapter = adapters.get(kind);
    if (!adapter)
      throw new InvalidInput(`"${kind}" is no kind of connection`, [
        { field: 'kind', reason: `known are ${[...adapters.keys()].sort().join(', ')}` },
      ]);
    return adapter;
  };

  const toConnection = (row: ConnectionRow): Connection => {
    return {
      id: row.id,
      kind: row.kind,
      name: row.name,
      mode: row.mode,
      settings: openSettings(vault, adapterOf(row.kind), row),
      webhookKey: row.webhook_key,
      apiUserId: row.api_user_id,
      surveysSince: row.surveys_since,
      createdAt: row.created_at,
    };
  };

  const find = async (sql: Sql, where: string, value: unknown): Promise<Connection | null> => {
    const [row] = await sql.query<ConnectionRow>(`select * from connection where disabled_at is null and ${where}`, [
      value,
    ]);
    return row ? toConnection(row) : null;
  };

  const byId = async (sql: Sql, id: number): Promise<Connection> => {
    const connection = await find(sql, 'id = $1', id);
    if (!connection) throw new NotFound(`There is no connection ${id}; "deskledger doctor" lists them`);
    return connection;
  };

  /** Changes one connection and drops what this process remembers of it. */
  const change = async (id: number, work: (tx: Sql, connection: Connection) => Promise<void>): Promise<Connection> => {
    const changed = await db.transaction(async (tx) => {
      await tx.query('select 1 from connection where id = $1 for update', [id]);
      await work(tx, await byId(tx, id));
      return byId(tx, id);
    });
    trusted.clear();
    return changed;
  };

  return {
    async create({ kind, settings: raw, mode = 'observe', actor = 'cli' }) {
      const adapter = adapterOf(kind);
      const settings = parseSettings(adapter, raw);
      const { open, secrets } = sealSettings(vault, adapter, settings);
      const now = clock.now();
      const key = deps.random(keyBytes).toString('base64url');
      return db.transaction(async (tx) => {
        const [row] = await tx.query<ConnectionRow>(
          `insert into connection (kind, name, mode, settings, secrets, webhook_key, surveys_since, created_at)
           values ($1, $2, $3, $4::jsonb, $5, $6, $7, $8) on conflict (name) do nothing returning *`,
          [kind, settings.name, mode, JSON.stringify(open), secrets, key, mode === 'act' ? now : null, now],
        );
        if (!row) throw new Conflict(`A connection named "${settings.name}" exists already; choose another name`);
        await recordAudit(tx, {
          at: now,
          actor,
          action: 'create connection',
          detail: { connection: row.id, kind, mode },
        });
        return toConnection(row);
      });
    },

    async list() {
      const rows = await db.query<ConnectionRow>('select * from connection where disabled_at is null order by id');
      return rows.map(toConnection);
    },

    async get(idOrName) {
      const wanted = idOrName.trim();
      const found = /^\d{1,9}$/.test(wanted)
        ? await find(db, 'id = $1', Number(wanted))
        : await find(db, 'name = $1', wanted);
      if (found) return found;
      const names = await db.query<{ label: string }>(
        `select name || ' (' || id || ')' as label from connection where disabled_at is null order by id`,
      );
      throw new NotFound(
        `There is no connection "${wanted.slice(0, 100)}"; known are ${quoted(names.map(({ label }) => label))}`,
      );
    },

    byWebhookKey(key) {
      if (!keyPattern.test(key)) return Promise.resolve(null);
      const now = clock.now().getTime();
      const held = trusted.get(key);
      if (held && now < held.until) return held.connection;
      const connection = find(db, 'webhook_key = $1', key);
      trusted.set(key, { until: now + trustedMs, connection });
      const forget = () => {
        if (trusted.get(key)?.connection === connection) trusted.delete(key);
      };
      // Only connections are remembered: neither strangers' guesses nor failures.
      connection.then((found) => found ?? forget(), forget);
      return connection;
    },

    setMode: (id, mode, actor = 'cli') =>
      change(id, async (tx, connection) => {
        if (connection.mode === mode) return;
        const now = clock.now();
        await tx.query(
          `update connection set mode = $2, surveys_since = case when $2 = 'act' then coalesce(surveys_since, $3) else surveys_since end where id = $1`,
          [id, mode, now],
        );
        await recordAudit(tx, {
          at: now,
          actor,
          action: 'set mode',
          detail: { connection: id, from: connection.mode, to: mode },
        });
      }),

    setApiUser: (id, apiUserId) =>
      change(id, async (tx) => {
        await tx.query('update connection set api_user_id = $2 where id = $1', [id, apiUserId]);
      }),

    changeSettings: (id, given, actor = 'cli') =>
      change(id, async (tx, connection) => {
        const adapter = adapterOf(connection.kind);
        const wanted = Object.entries({ ...connection.settings, ...given }).filter(([, value]) => value !== null);
        const settings = parseSettings(adapter, Object.fromEntries(wanted));
        const [taken] = await tx.query('select 1 from connection where name = $1 and id <> $2', [settings.name, id]);
        if (taken) throw new Conflict(`A connection named "${settings.name}" exists already; choose another name`);
        const { open, secrets } = sealSettings(vault, adapter, settings);
        await tx.query('update connection set name = $2, settings = $3::jsonb, secrets = $4 where id = $1', [
          id,
          settings.name,
          JSON.stringify(open),
          secrets,
        ]);
        await recordAudit(tx, {
          at: clock.now(),
          actor,
          action: 'change settings',
          detail: { connection: id, keys: Object.keys(given) },
        });
      }),

    addSecrets: (id, added, actor = 'cli') =>
      change(id, async (tx, connection) => {
        const adapter = adapterOf(connection.kind);
        const foreign = Object.keys(added).filter((key) => !adapter.secretKeys.includes(key));
        if (foreign.length > 0) {
          throw new InvalidInput(
            'Only secrets can be added this way',
            foreign.map((field) => ({ field, reason: `is no secret; secrets are ${adapter.secretKeys.join(', ')}` })),
          );
        }
        const merged = Object.entries(added).map(([key, value]) => {
          const held = connection.settings[key];
          return [
            key,
            Array.isArray(value)
              ? [...new Set([...value, ...(Array.isArray(held) ? held : [])])].slice(0, secretsKept)
              : value,
          ];
        });
        const { open, secrets } = sealSettings(
          vault,
          adapter,
          parseSettings(adapter, { ...connection.settings, ...Object.fromEntries(merged) }),
        );
        await tx.query('update connection set settings = $2::jsonb, secrets = $3 where id = $1', [
          id,
          JSON.stringify(open),
          secrets,
        ]);
        await recordAudit(tx, {
          at: clock.now(),
          actor,
          action: 'add secrets',
          detail: { connection: id, keys: Object.keys(added) },
        });
      }),
  };
};
