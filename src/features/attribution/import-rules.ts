import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import {
  changesAnything,
  compareRows,
  countGone,
  type Directory,
  type ImportOptions,
  type ImportReport,
  recordAudit,
  removalWarning,
} from '../directory/index.ts';
import { parseTicketRules, type TicketRule } from './rules.ts';

/** The rules of rung 6 that hold now, in the order in which they are tried. */
export const currentRules = (sql: Sql): Promise<TicketRule[]> =>
  sql.query<TicketRule>(
    'select id, condition, partner, region from ticket_rule where valid_until is null order by position',
  );

/** The rules that hold, as the file of `import ticket-rules` has them. */
export const ticketRuleFile = async (
  sql: Sql,
): Promise<{ when: TicketRule['condition']; partner?: string; region?: string }[]> =>
  (await currentRules(sql)).map(({ condition: when, partner, region }) => ({
    when,
    ...(partner !== null && { partner }),
    ...(region !== null && { region }),
  }));

/** Rules have no name of their own: equal ones at other places are the same, for the count. */
const rowsByText = (rules: readonly Omit<TicketRule, 'id'>[]): Map<string, Record<string, string>> =>
  new Map(
    rules.map(({ condition, partner, region }, index) => {
      const when = Object.entries(condition)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => `${key}=${value}`)
        .join(' and ');
      const row = { when, partner: partner ?? '', region: region ?? '' };
      return [`${index + 1} ${JSON.stringify(row)}`, row];
    }),
  );

/**
 * Replaces the ticket rules as a whole by those of a JSON file: the set that held is closed, not deleted. Tickets are not
 * decided again by this alone. Throws InvalidInput with every fault.
 */
export const importTicketRules = async (
  deps: { readonly db: Database; readonly clock: Clock; readonly directory: Pick<Directory, 'partners' | 'regions'> },
  text: string,
  { dryRun, actor = 'cli' }: ImportOptions,
): Promise<ImportReport> => {
  const { db, clock, directory } = deps;
  const given = parseTicketRules(text, { partners: await directory.partners(), regions: await directory.regions() });
  return db.transaction(async (tx) => {
    await tx.query('lock table ticket_rule in share row exclusive mode');
    const [stored, wanted] = [rowsByText(await currentRules(tx)), rowsByText(given)];
    // A rule whose condition stays is revised, not removed.
    const conditions = (rows: typeof stored) => [...rows.values()].map(({ when = '' }) => when);
    const gone = countGone(conditions(stored), conditions(wanted));
    const warnings = removalWarning({ gone, held: stored.size }, { things: 'rules', dryRun });
    const report = compareRows({ what: 'ticket-rules', dryRun, replaces: true, stored, given: wanted, warnings });
    if (!changesAnything(report)) return report;
    const now = clock.now();
    await tx.query('update ticket_rule set valid_until = $1 where valid_until is null', [now]);
    await tx.query(
      `insert into ticket_rule (position, condition, partner, region, valid_from)
       select position, condition, partner, region, $2::timestamptz
         from jsonb_to_recordset($1::jsonb) as t(position int, condition jsonb, partner text, region text) order by position`,
      [JSON.stringify(given.map((rule, index) => ({ ...rule, position: index + 1 }))), now],
    );
    await recordAudit(tx, {
      at: now,
      actor,
      action: 'import ticket-rules',
      detail: { rules: given.length, added: report.added, removed: report.removed },
    });
    return report;
  });
};
