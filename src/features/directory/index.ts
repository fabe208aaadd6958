import { randomBytes } from 'node:crypto';
import type { HelpdeskAdapter, HelpdeskAgent } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import type { StoreAdapter } from '../../stores/port.ts';
import { saveAgents } from './agents.ts';
import type { Connections } from './connection.ts';
import type { Adapter } from './connection-settings.ts';
import { createConnections } from './connections.ts';
import type { ImportOptions, ImportReport } from './import-report.ts';
import { importPartners, loadPartners, type PartnerBook, partnerBook } from './partners.ts';
import { importRegions, loadRegions, type RegionBook, regionBook } from './regions.ts';
import { keepReportingBasis, type ReportingBasis } from './reporting-basis.ts';
import { keepSecretKey } from './secret-key.ts';

export {
  type AccountSettings,
  accountSettings,
  accountSettingsChange,
  accountSettingsSchema,
  changeAccountSettings,
} from './account-settings.ts';
export { agentsAmong, importAgents } from './agents.ts';
export { recordAudit } from './audit.ts';
export { sharedCallCounts } from './call-quota.ts';
export type { Connection, ConnectionKind, Connections, Mode } from './connection.ts';
export {
  loadCursor,
  loadWalks,
  markAbsent,
  noteRun,
  replaceCursor,
  type StoredCursor,
  saveCursor,
  type WalkedConnection,
} from './cursors.ts';
export {
  changesAnything,
  compareRows,
  countGone,
  type ImportOptions,
  type ImportReport,
  removalWarning,
} from './import-report.ts';
export {
  enqueueJob,
  type Job,
  type JobProgress,
  type JobState,
  listJobs,
  loadJob,
} from './jobs.ts';
export {
  heldUpBy,
  isAwaited,
  isHeld,
  isUnheld,
  type KnownDays,
  knownDays,
  lastDayBefore,
  type Source,
} from './known-from.ts';
export { directPartner, loadPartners, type Partner, type PartnerBook, partnerBook, partnersAfter } from './partners.ts';
export { loadRegions, type Region, type RegionBook, regionBook, regionsAfter } from './regions.ts';
export { changeReportingBasis, type ReportingBasis, storedReportingBasis } from './reporting-basis.ts';
export { listRoles, type RoleSpell, roleOn, rolesOfAgents } from './roles.ts';
export { createJobRunner, type JobHandler, type JobRunner } from './run-jobs.ts';
export { isSameAccount, type SettingField, settingsForm } from './settings-form.ts';
export { importTeams, listTeams, type TeamSpell, teamOn, teamsOfAgents } from './teams.ts';
export {
  type Accepts,
  type FieldGuess,
  type FieldProposal,
  fieldName,
  guessFields,
  type MappedField,
  mappedFields,
  proposedFields,
  refuseSeveralChoices,
  type TakeFields,
  takeProposed,
} from './ticket-fields.ts';

/** Connections, partners, regions and people: who there is. */
export interface Directory {
  readonly connections: Connections;
  /** Inside a transaction, pass it: what is decided there must not rest on an older list. */
  partners(sql?: Sql): Promise<PartnerBook>;
  regions(sql?: Sql): Promise<RegionBook>;
  /** Keeps the names of a helpdesk's agents. */
  saveAgents(connectionId: number, agents: readonly HelpdeskAgent[]): Promise<void>;
  importPartners(text: string, options: ImportOptions): Promise<ImportReport>;
  importRegions(text: string, options: ImportOptions): Promise<ImportReport>;
  /** Throws Refused where the ledger was made with another SECRET_KEY. */
  keepSecretKey(): Promise<void>;
  /** Throws Refused where the ledger was started with another currency or time zone. */
  reportingBasis(asked: ReportingBasis): Promise<ReportingBasis>;
}

export const createDirectory = (deps: {
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly helpdesks: ReadonlyMap<string, HelpdeskAdapter>;
  readonly stores: ReadonlyMap<string, StoreAdapter>;
  /** Unpredictable bytes for webhook keys; tests pass their own. */
  readonly random?: (bytes: number) => Buffer;
}): Directory => {
  const { db, vault, clock, helpdesks, stores, random = randomBytes } = deps;
  return {
    connections: createConnections({
      db,
      vault,
      clock,
      adapters: new Map<string, Adapter>([...helpdesks, ...stores]),
      random,
    }),
    partners: async (sql = db) => partnerBook(await loadPartners(sql)),
    regions: async (sql = db) => regionBook(await loadRegions(sql)),
    saveAgents: (connectionId, agents) => saveAgents(db, connectionId, agents),
    importPartners: (text, options) => importPartners(db, clock, text, options),
    importRegions: (text, options) => importRegions(db, clock, text, options),
    keepSecretKey: () => keepSecretKey(db, vault, clock.now()),
    reportingBasis: (asked) => keepReportingBasis(db, asked, clock.now()),
  };
};
