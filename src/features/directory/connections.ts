import { Conflict, InvalidInput, NotFound } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { recordAudit } from './audit.ts';
import type { Connection, ConnectionKind, Connections, Mode } from './connection.ts';
import { type Adapter, openSettings, parseSettings, sealSettings } from './connection-settings.ts';
import { forgetRemoteObjects, recordRemoteObjects, remoteObjectsOf } from './remote-objects.ts';
import { isSameAccount } from './settings-form.ts';

interface ConnectionRow {
  id: number;
  kind: ConnectionKind;
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

const nameTaken = (name: string): Conflict =>
  new Conflict(
    `A connection named "${name}" exists already, perhaps disconnected. Choose another name, or correct that one: deskledger connection "${name}" --settings FILE.json`,
  );

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

  const newWebhookKey = (): string => deps.random(keyBytes).toString('base64url');

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

  /** The newest first. */
  const disabled = async (): Promise<Connection[]> => {
    const rows = await db.query<ConnectionRow>(
      'select * from connection where disabled_at is not null order by disabled_at desc, id desc',
    );
    return rows.map(toConnection);
  };

  /** Settings under the names of a connection, in a transaction that holds it. */
  const store = async (tx: Sql, id: number, adapter: Adapter, raw: unknown): Promise<void> => {
    const settings = parseSettings(adapter, raw);
    const [taken] = await tx.query('select 1 from connection where name = $1 and id <> $2', [settings.name, id]);
    if (taken) throw nameTaken(settings.name);
    const { open, secrets } = sealSettings(vault, adapter, settings);
    await tx.query('update connection set name = $2, settings = $3::jsonb, secrets = $4 where id = $1', [
      id,
      settings.name,
      JSON.stringify(open),
      secrets,
    ]);
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
    newWebhookKey,

    async create({ kind, settings: raw, mode = 'observe', webhookKey: key = newWebhookKey(), actor = 'cli' }) {
      const adapter = adapterOf(kind);
      const settings = parseSettings(adapter, raw);
      const { open, secrets } = sealSettings(vault, adapter, settings);
      const now = clock.now();
      return db.transaction(async (tx) => {
        const [row] = await tx.query<ConnectionRow>(
          `insert into connection (kind, name, mode, settings, secrets, webhook_key, surveys_since, created_at)
           values ($1, $2, $3, $4::jsonb, $5, $6, $7, $8) on conflict (name) do nothing returning *`,
          [kind, settings.name, mode, JSON.stringify(open), secrets, key, mode === 'act' ? now : null, now],
        );
        if (!row) throw nameTaken(settings.name);
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
      // The edge waits for no worker's transaction.
      const connection = find(db.hasty, 'webhook_key = $1', key);
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
          `update connection set mode = $2, surveys_since = case when $2 = 'act' then $3 else surveys_since end where id = $1`,
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
        const wanted = Object.entries({ ...connection.settings, ...given }).filter(([, value]) => value !== null);
        await store(tx, id, adapterOf(connection.kind), Object.fromEntries(wanted));
        await recordAudit(tx, {
          at: clock.now(),
          actor,
          action: 'change settings',
          detail: { connection: id, keys: Object.keys(given) },
        });
      }),

    keepMade: (id, { objects, settings }, actor = 'cli') =>
      change(id, async (tx, connection) => {
        const adapter = adapterOf(connection.kind);
        const merged = Object.entries(settings).map(([key, value]) => {
          const held = connection.settings[key];
          return adapter.secretKeys.includes(key) && Array.isArray(value)
            ? [key, [...new Set([...value, ...(Array.isArray(held) ? held : [])])].slice(0, secretsKept)]
            : [key, value];
        });
        await store(tx, id, adapter, { ...connection.settings, ...Object.fromEntries(merged) });
        const now = clock.now();
        await recordRemoteObjects(tx, { connectionId: id, objects, now });
        await recordAudit(tx, {
          at: now,
          actor,
          action: 'make at the vendor',
          detail: {
            connection: id,
            keys: Object.keys(settings),
            made: objects.map(({ what, externalId }) => `${what} ${externalId}`),
          },
        });
      }),

    remoteObjects: (id) => remoteObjectsOf(db, id),

    async forgetMade(id, objects) {
      const gone = objects.flatMap(({ what, externalId }) => (what === 'field' ? [externalId] : []));
      await change(id, async (tx, connection) => {
        await forgetRemoteObjects(tx, id, objects);
        const left = Object.entries(connection.settings).filter(([, value]) => !gone.includes(value as string));
        await store(tx, id, adapterOf(connection.kind), Object.fromEntries(left));
      });
    },

    async disable(id, actor = 'cli') {
      const now = clock.now();
      await db.transaction(async (tx) => {
        const [row] = await tx.query<{ id: number }>(
          'update connection set disabled_at = $2 where id = $1 and disabled_at is null returning id',
          [id, now],
        );
        if (row) await recordAudit(tx, { at: now, actor, action: 'disconnect', detail: { connection: id } });
      });
      trusted.clear();
    },

    async getDisabled(idOrName) {
      const wanted = idOrName.trim();
      const known = await disabled();
      const found = known.find(({ id, name }) => String(id) === wanted || name === wanted);
      if (found) return found;
      throw new NotFound(
        `There is no disconnected connection "${wanted.slice(0, 100)}"; disconnected are ${quoted(known.map(({ id, name }) => `${name} (${id})`))}`,
      );
    },

    async disabledTwin(kind, raw) {
      const adapter = adapterOf(kind);
      const settings = parseSettings(adapter, raw);
      const known = await disabled();
      return known.find((one) => one.kind === kind && isSameAccount(adapter, one.settings, settings)) ?? null;
    },

    async enable(id, { settings, actor = 'cli' }) {
      await db.transaction(async (tx) => {
        const [row] = await tx.query<ConnectionRow>(
          `update connection set disabled_at = null, mode = 'observe', surveys_since = null, api_user_id = null
            where id = $1 and disabled_at is not null returning *`,
          [id],
        );
        if (!row) return;
        if (settings !== undefined) await store(tx, id, adapterOf(row.kind), settings);
        await recordAudit(tx, { at: clock.now(), actor, action: 'connect again', detail: { connection: id } });
      });
      trusted.clear();
      return byId(db, id);
    },
  };
};
