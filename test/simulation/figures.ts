import { expect } from 'vitest';
import type { Product } from '../../src/compose.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { createOracle, type Facts, type GroupBy, type Oracle } from './oracle/report.ts';

export interface Money {
  readonly amount: string;
  readonly currency: string;
}

export interface Row {
  readonly partner: string | null;
  readonly region: string | null;
  readonly orders: number;
  readonly returns: number;
  /** Null where nothing of it has an exchange rate. */
  readonly netRevenue: Money | null;
  readonly tickets: number;
  readonly ticketsWorked: number;
  readonly contactRate: number | null;
  readonly handledSeconds: number;
  readonly ahtSeconds: number | null;
  readonly supportCost: Money;
  readonly costPerTicket: Money | null;
  readonly costMultiple: number | null;
  readonly costPerOrder: Money | null;
  readonly measuredShare: number | null;
  readonly attributedShare: number | null;
  readonly unpricedEntries: number;
  readonly cappedEntries: number;
  readonly unpricedOrders: number;
  readonly csat: { readonly n: number; readonly needed?: number; readonly topTwoBox?: number };
}

export interface Report {
  readonly rows: readonly Row[];
  readonly total: Row;
}

export type Period = { readonly from: string; readonly to: string };

export const groupings: readonly GroupBy[] = [['partner'], ['region'], ['partner', 'region']];

export const micros = ({ amount }: Money): bigint => BigInt(amount.replace('.', ''));
export const ppm = (count: number): bigint => BigInt(Math.round(count * 1e6));
/** What is rounded to six decimals is exact to half of the last one; this digit more is for ties. */
const sixPlaces = 5.99;
const per = (above: bigint, below: bigint): number | null => (below === 0n ? null : Number(above) / Number(below));

/** Plain code over what happened at the vendors of a sandbox, and over what was imported from it. */
export const oracleOf = async (
  { sandbox: { zendesk, history, inputs }, product }: { readonly sandbox: Sandbox; readonly product: Product },
  basis: { readonly currency: string; readonly timeZone: string },
): Promise<Oracle> => {
  const { settings } = zendesk;
  const seen = await product.db.query<{ external_id: string }>(
    'select external_id from ticket where created_at is not null',
  );
  const seenIds = new Set(seen.map(({ external_id }) => Number(external_id)));
  return createOracle({
    history,
    inputs,
    connection: settings.name,
    ...basis,
    fieldIds: {
      totalTime: settings.totalTimeFieldId,
      orderNumber: settings.orderNumberFieldId,
      partner: settings.partnerFieldId,
      region: settings.regionFieldId,
      reason: settings.reasonFieldId,
    },
    isSeen: (ticketId) => seenIds.has(ticketId),
  });
};

export const reportPath = ({ from, to }: Period, groupBy: GroupBy): string =>
  `/api/v1/reports/partners?from=${from}&to=${to}&groupBy=${groupBy.join(',')}`;

const somethingIn = (facts: Facts): boolean => Object.values(facts).some((value) => value !== 0n);

/** Every figure of the report is the one that plain code finds: counts and money exactly, ratios to five places. */
export const expectFigures = (report: Report, expected: ReadonlyMap<string, Facts>): void => {
  const found = new Map(report.rows.map((row) => [JSON.stringify([row.partner, row.region]), row]));
  expect([...found.keys()]).toEqual(
    expect.arrayContaining([...expected].flatMap(([key, facts]) => (somethingIn(facts) ? [key] : []))),
  );
  const account = [...expected.values()].reduce(
    (a, b) =>
      Object.fromEntries(
        Object.keys(a).map((name) => [name, a[name as keyof Facts] + b[name as keyof Facts]]),
      ) as never,
  );
  for (const [key, row] of [...found, ['total', report.total] as const]) {
    const none = Object.fromEntries(Object.keys(account).map((name) => [name, 0n])) as unknown as Facts;
    const facts = key === 'total' ? account : (expected.get(key) ?? none);
    const exact = {
      orders: ppm(row.orders),
      returns: ppm(row.returns),
      net: row.netRevenue && micros(row.netRevenue),
      tickets: ppm(row.tickets),
      ticketsWorked: ppm(row.ticketsWorked),
      microseconds: ppm(row.handledSeconds),
      cost: micros(row.supportCost),
      unpriced: row.unpricedEntries,
      capped: row.cappedEntries,
      unpricedOrders: row.unpricedOrders,
    };
    expect(exact, key).toEqual({
      orders: facts.orders,
      returns: facts.returns,
      net:
        facts.revenue === 0n && facts.refunds === 0n && facts.unpricedParts > 0n ? null : facts.revenue - facts.refunds,
      tickets: facts.tickets,
      ticketsWorked: facts.ticketsWorked,
      microseconds: facts.microseconds,
      cost: facts.cost,
      unpriced: Number(facts.unpricedEntries),
      capped: Number(facts.cappedEntries),
      unpricedOrders: Number(facts.unpricedOrders),
    });
    const perTicket = per(facts.cost, facts.ticketsWorked);
    const ratios: [string, number | null, number | null][] = [
      ['contactRate', row.contactRate, per(facts.tickets * 100n, facts.orders)],
      ['ahtSeconds', row.ahtSeconds, per(facts.microseconds, facts.ticketsWorked)],
      ['costPerTicket', row.costPerTicket && Number(row.costPerTicket.amount), perTicket],
      ['costPerOrder', row.costPerOrder && Number(row.costPerOrder.amount), per(facts.cost, facts.orders)],
      ['measuredShare', row.measuredShare, per(facts.measuredCost, facts.cost)],
      ['attributedShare', row.attributedShare, per(facts.attributed, facts.tickets)],
      ['costMultiple', row.costMultiple, per(facts.cost * account.ticketsWorked, account.cost * facts.ticketsWorked)],
    ];
    for (const [name, figure, right] of ratios) {
      if (right === null) expect(figure, `${key} ${name}`).toBeNull();
      else expect(figure, `${key} ${name}`).toBeCloseTo(right, sixPlaces);
    }
  }
};

/** Every ticket is borne by whom plain code says; what differs is shown with how it was decided. */
export const expectShares = async ({
  sandbox: { history },
  product: { db },
  oracle,
}: {
  readonly sandbox: Pick<Sandbox, 'history'>;
  readonly product: Pick<Product, 'db'>;
  readonly oracle: Oracle;
}): Promise<void> => {
  const decided = await db.query<{
    id: string;
    how: object;
    shares: { partner: string; region: string; ppm: number }[];
  }>(
    `select t.external_id as id, jsonb_build_object('method', a.method, 'evidence', a.evidence, 'version', a.version, 'at', a.decided_at, 'read', t.pulled_at, 'status', t.status) as how,
            (select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'ppm', s.ppm) order by s.share_no)
               from attribution_share s where s.attribution_id = a.id) as shares
       from attribution a join ticket t on t.id = a.ticket_id where a.current`,
  );
  const tickets = new Map(history.tickets().map((ticket) => [String(ticket.id), ticket]));
  const words = (shares: readonly { partner: string | null; region: string | null; ppm: number | bigint }[]) =>
    shares.map(({ partner, region, ppm: part }) => `${partner} ${region} ${part}`).toSorted();
  const wrong = decided.flatMap(({ id, how, shares }) => {
    const ticket = tickets.get(id);
    const [found, right] = [words(shares), ticket ? words(oracle.sharesOf(ticket)) : ['no such ticket']];
    return found.join() === right.join() ? [] : [{ id, how, found, right }];
  });
  expect(wrong).toEqual([]);
  expect(decided.map(({ id }) => id).toSorted()).toEqual(
    [...tickets.keys()].filter((id) => oracle.knows(Number(id))).toSorted(),
  );
};

export const expectRowsToAddUp = ({ rows, total }: Report): void => {
  const sum = (value: (row: Row) => bigint): bigint => rows.reduce((all, row) => all + value(row), 0n);
  expect(sum(({ supportCost }) => micros(supportCost))).toBe(micros(total.supportCost));
  expect(sum(({ netRevenue }) => (netRevenue ? micros(netRevenue) : 0n))).toBe(
    total.netRevenue ? micros(total.netRevenue) : 0n,
  );
  for (const name of ['orders', 'returns', 'tickets', 'ticketsWorked', 'handledSeconds'] as const)
    expect(
      sum((row) => ppm(row[name])),
      name,
    ).toBe(ppm(total[name]));
  expect(rows.reduce((all, { csat }) => all + csat.n, 0)).toBe(total.csat.n);
};

/** Every answer that a customer gave counts in `report` for the cell that was frozen when the question went out. */
export const expectAnswers = async (
  { rows, total }: Report,
  {
    sandbox: { history },
    product: { db },
    oracle,
  }: { readonly sandbox: Sandbox; readonly product: Product; readonly oracle: Oracle },
): Promise<void> => {
  const answers = history.answers();
  const invitations = await db.query<{
    id: bigint;
    external_id: string;
    sent_at: Date;
    shares: { partner: string | null; region: string | null; ppm: number }[];
    score: number | null;
  }>(
    `select i.id, t.external_id, i.sent_at, i.shares, r.score from invitation i join ticket t on t.id = i.ticket_id left join response r on r.invitation_id = i.id`,
  );
  const byMail = new Map(invitations.map((invitation) => [`survey-${invitation.id}.eml`, invitation]));
  const tickets = new Map(history.tickets().map((ticket) => [String(ticket.id), ticket]));
  const users = history.users();
  const cells = new Map<string, number[]>();
  for (const { mail, email, score } of answers) {
    const invitation = byMail.get(mail);
    const ticket = tickets.get(invitation?.external_id ?? '');
    if (!invitation || !ticket) throw new Error(`nobody was invited by ${mail}`);
    expect(users.get(ticket.requesterId)?.email).toBe(email);
    expect(invitation.score).toBe(score);
    // What the ticket was attributed to at some moment before the mail: the product reads tickets and orders a little late.
    const moments = (instants: readonly number[]): number[] => [
      ...instants.filter((atMs) => atMs <= invitation.sent_at.getTime()),
      invitation.sent_at.getTime(),
    ];
    const admissible = moments(ticket.audits.map(({ created_at }) => Date.parse(created_at))).flatMap((auditsUntilMs) =>
      moments(oracle.orders.filter((order) => order.email === email).map(({ placedMs }) => placedMs)).map(
        (ordersUntilMs) =>
          oracle
            .sharesOf(ticket, { auditsUntilMs, ordersUntilMs })
            .map(({ partner, region, ppm: part }) => ({ partner, region, ppm: part })),
      ),
    );
    const frozen = invitation.shares.map(({ partner, region, ppm: part }) => ({ partner, region, ppm: BigInt(part) }));
    expect(admissible).toContainEqual(frozen);
    const [largest] = frozen;
    const key = JSON.stringify([largest?.partner ?? null, largest?.region ?? null]);
    cells.set(key, [...(cells.get(key) ?? []), score]);
  }
  expect(total.csat.n).toBe(answers.length);
  for (const { partner, region, csat } of rows) {
    const scores = cells.get(JSON.stringify([partner, region])) ?? [];
    if (scores.length < 30) expect(csat).toEqual({ n: scores.length, needed: 30 });
    else
      expect(csat).toMatchObject({
        n: scores.length,
        topTwoBox: expect.closeTo(scores.filter((one) => one >= 4).length / scores.length, sixPlaces),
      });
  }
  expect(total.csat.topTwoBox).toBeCloseTo(
    answers.filter(({ score }) => score >= 4).length / answers.length,
    sixPlaces,
  );
};
