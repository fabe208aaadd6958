import type { FastifyRequest } from 'fastify';
import { Refused } from '../../core/errors.ts';
import type { Sql } from '../../platform/database/database.ts';
import { maySeeRates } from '../access/index.ts';
import { accountSettings } from '../directory/index.ts';

/*
 * Two locks on what tells of single people. The scope `rates`: what anybody is paid, and so what an entry costs. The setting
 * agentFigures, off by default: what adds a person's work up over tickets, or lets it be added up. Figures by agent, money
 * beside an agent in a list of work, and agents in the export need both; the proof of one ticket needs the scope alone.
 */

/** Whether money of many tickets may be told beside those who worked on them. */
export const maySeeAgents = async (request: FastifyRequest, sql: Sql): Promise<boolean> =>
  maySeeRates(request) && (await accountSettings(sql)).agentFigures;

/** Throws Refused where figures of single people may not be seen. */
export const refuseByAgent = (mayRates: boolean, agentFigures: boolean): void => {
  if (!mayRates)
    throw new Refused('Figures by agent tell what a person costs; ask with a token or user of the scope `rates`.');
  if (!agentFigures)
    throw new Refused(
      'Figures by agent are switched off for this account; `PATCH /api/v1/settings` with `agentFigures: true` switches them on.',
    );
};
