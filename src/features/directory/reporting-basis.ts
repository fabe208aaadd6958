import { Refused } from '../../core/errors.ts';
import type { Sql } from '../../platform/database/database.ts';
import { recordAudit } from './audit.ts';

/** What every figure is stated in: REPORTING_CURRENCY (ISO 4217) and REPORTING_TIMEZONE (IANA). */
export interface ReportingBasis {
  readonly currency: string;
  readonly timeZone: string;
}

const settingKey = 'reportingBasis';

/** The basis of the ledger within another statement. */
export const reportingBasisSql = `(select value from setting where key = '${settingKey}')`;

/** The basis of the ledger; null before the first start. */
export const storedReportingBasis = async (sql: Sql): Promise<ReportingBasis | null> => {
  const [row] = await sql.query<{ value: ReportingBasis }>('select value from setting where key = $1', [settingKey]);
  return row?.value ?? null;
};

/**
 * Stores the basis at the first start; throws Refused where a later start asks for another (RULES section 1): figures of two
 * bases do not add up, and only a re-base states all of them anew.
 */
export const keepReportingBasis = async (sql: Sql, asked: ReportingBasis, now: Date): Promise<ReportingBasis> => {
  await sql.query(
    'insert into setting (key, value, updated_at) values ($1, $2::jsonb, $3) on conflict (key) do nothing',
    [settingKey, JSON.stringify(asked), now],
  );
  const kept = (await storedReportingBasis(sql)) ?? asked;
  if (kept.currency !== asked.currency || kept.timeZone !== asked.timeZone) {
    throw new Refused(
      `The ledger is kept in ${kept.currency} and ${kept.timeZone}, but REPORTING_CURRENCY is ${asked.currency} and REPORTING_TIMEZONE is ${asked.timeZone}. ` +
        'Set them back, or state every figure anew in the new ones with "deskledger migrate --rebase".',
    );
  }
  return kept;
};

/** Replaces the basis, in the transaction that states every figure anew in it. */
export const changeReportingBasis = async (
  tx: Sql,
  { from, to, actor, now }: { from: ReportingBasis; to: ReportingBasis; actor: string; now: Date },
): Promise<void> => {
  await tx.query('update setting set value = $2::jsonb, updated_at = $3 where key = $1', [
    settingKey,
    JSON.stringify(to),
    now,
  ]);
  await recordAudit(tx, { at: now, actor, action: 'rebase', detail: { from, to } });
};
