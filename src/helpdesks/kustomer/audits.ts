import { UpstreamError } from '../../core/errors.ts';
import type { Http } from '../../platform/http/client.ts';
import { hasMore, pageSize } from './pages.ts';
import { type AuditEntry, auditSchema, pageOf } from './schema.ts';

/** 2,000 entries, the newest: what a person chose before is not looked for. */
const mostPages = 20;

/**
 * What the account's log tells of one conversation; null where the key may not read it, which `inspect` says. The docs do
 * not show how the log is asked for one object: where it answers for others as well, its first page has to do.
 */
export const readAudits = async (http: Http, id: string): Promise<AuditEntry[] | null> => {
  const found = new Map<string, AuditEntry>();
  try {
    for (let page = 1; page <= mostPages; page++) {
      const query = { objectType: 'conversation', objectId: id, page, pageSize };
      const answer = await http.read({ path: '/v1/audit-logs', query }, pageOf(auditSchema));
      const before = found.size;
      for (const entry of answer.data) if (entry.attributes.objectId === id) found.set(entry.id, entry);
      const isFiltered = answer.data.every(({ attributes }) => attributes.objectId === id);
      if (!isFiltered || found.size === before || !hasMore(answer, page)) break;
    }
  } catch (error) {
    if (error instanceof UpstreamError && !error.retryable && [400, 403, 404].includes(error.status ?? 0)) return null;
    throw error;
  }
  return [...found.values()];
};

/** When the oldest of the entries was made: of what was chosen before, or of all up to `now` where there is none, the log says nothing. */
export const toldSince = (entries: readonly AuditEntry[], now: Date): Date =>
  entries.reduce((since, { attributes: { createdAt } }) => (createdAt && createdAt < since ? createdAt : since), now);
