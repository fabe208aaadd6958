import type { AddressInfo } from 'node:net';
import type { PartnerReport } from '../../src/features/reports/index.ts';
import type { series } from '../../src/features/reports/series.ts';
import { fakeAccess, pageApp } from '../features/reports/page-access.ts';
import { usd } from '../support/report-row.ts';
import { freshAnswers } from './canned-answers.ts';

/** The page behind its own routes, with answers of /api/v1 that a test may change; `asked` holds what the page asked for. */
export const cannedServer = async () => {
  const { held: sign, access } = fakeAccess();
  const app = await pageApp(access);
  const answers = { ...freshAnswers() };
  const asked: string[] = [];
  app.addHook('onRequest', async (request, reply) => {
    asked.push(request.url);
    if (!sign.signedIn && request.url.startsWith('/api/'))
      return reply.code(401).type('application/problem+json').send({ status: 401, detail: 'Sign in first.' });
  });
  app.get('/api/v1/status', async () => ({ quarantined: 0, ...answers.status }));
  app.get<{ Querystring: { from: string; to: string; groupBy: string; smallCells?: string } }>(
    '/api/v1/reports/partners',
    async (request, reply) => {
      if (answers.fault !== null)
        return reply.code(503).type('application/problem+json').send({ detail: answers.fault });
      const { from, to, groupBy, smallCells } = request.query;
      const report: PartnerReport = {
        from,
        to,
        groupBy: groupBy.split(',') as PartnerReport['groupBy'],
        currency: 'USD',
        timeZone: 'UTC',
        costBasis: answers.costBasis,
        rows: smallCells === 'under region' ? answers.foldedRows : answers.rows,
        total: answers.total,
      };
      return { ...report, ...answers.days };
    },
  );
  app.get<{ Querystring: { from: string; to: string; step: string } }>('/api/v1/reports/series', async (request) => {
    const points: (Awaited<ReturnType<typeof series>>[number] & { partial?: boolean })[] = [
      { day: request.query.from, supportCost: usd('100.000000'), handledSeconds: 1, tickets: 1, orders: 1 },
      {
        day: request.query.to,
        supportCost: usd('659.005000'),
        handledSeconds: 1,
        tickets: 1,
        orders: 1,
        partial: answers.days?.partial ?? false,
      },
    ];
    return { ...request.query, partner: null, region: null, costBasis: answers.costBasis, points };
  });
  app.get<{ Querystring: { after?: string } }>(
    '/api/v1/tickets',
    async (request) => answers.pages[request.query.after ?? ''] ?? { items: [], next: null },
  );
  app.get('/api/v1/tickets/:id', async () => answers.detail);
  app.post('/sign-out', async (_request, reply) => {
    sign.signedIn = false;
    return reply.redirect('/', 303);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    base: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    answers,
    asked,
    sign,
    /** Every answer as it was at first. */
    reset() {
      Object.assign(answers, freshAnswers());
      sign.signedIn = true;
      asked.length = 0;
    },
    close: () => app.close(),
  };
};
