import { z } from 'zod';
import type { Sql } from '../../platform/database/database.ts';
import { recordAudit } from './audit.ts';

/** Tickets that a partner's cell of a region needs to be shown by itself, where small cells are asked to be put together. */
const leastTicketsPerCell = z
  .int()
  .min(1)
  .max(1000)
  .describe('Tickets that a partner needs in a region to have a row of its own there');

/** Many a country or works council wants no figures of single people: nobody sees any until somebody says so here. */
const agentFigures = z
  .boolean()
  .describe(
    "Whether those with the scope `rates` may see what adds a person's work up over tickets: figures by agent, agents in the ticket export, costs in the lists of work, which name agents. What proves a single ticket, and the rates themselves, need the scope alone. False until somebody switches it on",
  );

/** From what on an order is of high value: an amount of the reporting currency. */
const highValueOrder = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,6})?$/, 'is not an amount; write it as 250 or 250.00')
  .nullable()
  .describe(
    'What an order of high value brings at least, in the reporting currency; null: twice the average order of the period',
  );

/** Everybody who works at the helpdesk sees its sidebar, and not each company wants all of them to see amounts. */
const sidebarMoney = z
  .enum(['shown', 'hidden'])
  .describe('Whether helpdesk sidebars show amounts; hidden: multiples of the average alone');

/** What people set for the whole account, with what holds until then. */
export const accountSettingsSchema = z.strictObject({
  leastTicketsPerCell: leastTicketsPerCell.default(5),
  agentFigures: agentFigures.default(false),
  highValueOrder: highValueOrder.default(null),
  sidebarMoney: sidebarMoney.default('shown'),
});
export type AccountSettings = z.output<typeof accountSettingsSchema>;

/** Those that are given are changed. */
export const accountSettingsChange = z.strictObject({
  leastTicketsPerCell: leastTicketsPerCell.optional(),
  agentFigures: agentFigures.optional(),
  highValueOrder: highValueOrder.optional(),
  sidebarMoney: sidebarMoney.optional(),
});

const keys = Object.keys(accountSettingsSchema.shape);

export const accountSettings = async (sql: Sql): Promise<AccountSettings> => {
  const rows = await sql.query<{ key: string; value: unknown }>('select key, value from setting where key = any($1)', [
    keys,
  ]);
  return accountSettingsSchema.parse(Object.fromEntries(rows.map(({ key, value }) => [key, value])));
};

/** Sets those that are given; the others stay. Returns all of them. */
export const changeAccountSettings = async (
  tx: Sql,
  changes: z.output<typeof accountSettingsChange>,
  { actor, now }: { readonly actor: string; readonly now: Date },
): Promise<AccountSettings> => {
  for (const [key, value] of Object.entries(changes).filter(([, given]) => given !== undefined))
    await tx.query(
      `insert into setting (key, value, updated_at) values ($1, $2::jsonb, $3)
       on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at`,
      [key, JSON.stringify(value), now],
    );
  await recordAudit(tx, { at: now, actor, action: 'change settings', detail: changes });
  return accountSettings(tx);
};
