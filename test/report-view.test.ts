import { describe, expect, it } from 'vitest';
import type { ConnectionStatus } from '../src/features/ingest/index.ts';
import type { PartnerReport } from '../src/features/reports/index.ts';
import { connectionLines, payrollWords, reportLines } from '../src/report-view.ts';
import { reportRow as row, usd } from './support/report-row.ts';

const report: PartnerReport = {
  from: '2026-05-01',
  to: '2026-05-31',
  groupBy: ['partner'],
  currency: 'USD',
  timeZone: 'UTC',
  costBasis: 'true',
  rows: [
    row({
      partner: 'nord',
      orders: 12_000,
      tickets: 480,
      ticketsWorked: 480,
      contactRate: 4,
      ahtSeconds: 450,
      supportCost: usd('5760.005000'),
      costPerTicket: usd('12.000010'),
      costMultiple: 2.4,
      costPerOrder: usd('0.480000'),
      netRevenue: usd('1200000.000000'),
      costShareOfRevenue: 0.0048,
      measuredShare: 0.82,
      csat: {
        n: 30,
        topTwoBox: 0.8,
        low: 0.627,
        high: 0.905,
        mean: 4.2,
        distribution: {},
        responseRate: 0.5,
      },
      flags: [{ code: 'cost_multiple', rule: 'at least twice the average' }],
    }),
    row({ partner: 'direct', tickets: 19.5, supportCost: null, netRevenue: null, missing: 'exchange rate' }),
    row({}),
  ],
  total: row({
    orders: 12_000,
    tickets: 499.5,
    ticketsWorked: 480,
    supportCost: usd('5760.005000'),
    measuredShare: 0.82,
    attributedShare: 0.94,
    unpricedEntries: 1,
    unpricedOrders: 2,
    cappedEntries: 3,
  }),
};

describe('the partner report at a terminal', () => {
  it('bug: was CSV; it is a table of the figures that a manager asks for, with coverage and what is in no figure', () => {
    expect(reportLines(report)).toMatchInlineSnapshot(`
      [
        "Support cost, 2026-05-01 to 2026-05-31 (UTC), in USD",
        "",
        "partner       tickets  worked on  /100 orders      AHT  cost USD  per ticket  x average  per order  orders   net revenue  of revenue  measured  CSAT (n)     flags",
        "------------  -------  ---------  -----------  -------  --------  ----------  ---------  ---------  ------  ------------  ----------  --------  -----------  -------------",
        "nord              480        480         4.00  7.5 min  5,760.00       12.00       2.40       0.48   12000  1,200,000.00       0.5 %    82.0 %  80.0 % (30)  cost multiple",
        "Direct           19.5          0            -        -         -           -          -          -       0             -           -         -  - (0)",
        "Unattributed        0          0            -        -      0.00           -          -          -       0          0.00           -         -  - (0)",
        "------------  -------  ---------  -----------  -------  --------  ----------  ---------  ---------  ------  ------------  ----------  --------  -----------  -------------",
        "Total           499.5        480            -        -  5,760.00           -          -          -   12000          0.00           -    82.0 %  - (0)",
        "",
        "Coverage: 82.0 % of the cost is measured, the rest estimated; 94.0 % of the tickets have a partner or a region.",
        "In no figure: 1 work entry without a rate or an exchange rate; 2 orders without an exchange rate. \`deskledger doctor\` says what to do.",
        "Above the cap and not costed: a part of 3 work entries.",
      ]
    `);
  });

  it('keeps partner, tickets and cost on a narrow one, and names what there is no room for', () => {
    const lines = reportLines(report, 80);
    expect(lines.slice(2, 5)).toMatchInlineSnapshot(`
      [
        "partner       tickets  cost USD  per ticket  x average  measured  flags",
        "------------  -------  --------  ----------  ---------  --------  -------------",
        "nord              480  5,760.00       12.00       2.40    82.0 %  cost multiple",
      ]
    `);
    expect(Math.max(...lines.slice(2, 9).map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('bug: nothing was said of days that are not held, nor of a month that is not over', () => {
    const held = {
      unknown: ['orders' as const],
      partlyKnown: ['work' as const],
      heldUpBy: [
        { side: 'orders' as const, connections: ['shop'] },
        { side: 'work' as const, connections: ['desk', 'shop'] },
      ],
    };
    const lines = reportLines(report, undefined, { partial: true, held });
    expect(lines[0]).toBe('Support cost, 2026-05-01 to 2026-05-31 (UTC), not over yet, in USD');
    expect(lines.at(-1)).toBe(
      'Not held whole on these days: orders, work (shop, desk). What rests on them is of what is held, and rates may be far off; `deskledger doctor` says what keeps it, `deskledger backfill` reads what is older.',
    );
    expect(reportLines(report, undefined, null, '2026-01-02')[0]).toBe(
      'Support cost, 2026-05-01 to 2026-05-31 (UTC), in USD at the exchange rates of 2026-01-02',
    );
    const whole = { partial: false, held: { unknown: [], partlyKnown: [], heldUpBy: [] } };
    expect(reportLines(report, undefined, whole)).toEqual(reportLines(report));
  });

  it('tells which small cells stand together under their region, and why', () => {
    const folded = { partners: ['nord', 'sud'], leastTickets: 5, reason: 'fewer than 5 tickets each' };
    const both = { ...report, groupBy: ['partner', 'region'] as const };
    const lines = reportLines({ ...both, rows: [row({ partner: '*', region: 'SE', folded })] });
    expect(lines[4]).toMatch(/^\(several\) +SE +0 /);
    expect(lines.at(-1)).toBe('Several under SE, fewer than 5 tickets each: nord, sud.');
  });

  it('names regions beside partners, and the seal that it is as of', () => {
    const byBoth = {
      ...report,
      groupBy: ['partner', 'region'] as const,
      rows: [row({ partner: 'nord', region: 'SE' }), row({})],
    };
    const seal = { id: 3, kind: 'month', revision: 2, asOf: '2026-06-02T08:00:00.000Z', sealedBy: 'mia' } as const;
    const [head, , , , first, second, , total] = reportLines({ ...byBoth, seal });
    expect(head).toBe(
      'Support cost, 2026-05-01 to 2026-05-31 (UTC), in USD, as sealed 2026-06-02 08:00 UTC, revision 2',
    );
    expect(first).toMatch(/^nord +SE +0 /);
    expect(second).toMatch(/^Unattributed +none +0 /);
    expect(total).toMatch(/^Total +499\.5 /);
  });
});

it('connections are a table, and what is wrong with one stands under it with what to do', () => {
  const status = {
    id: 1,
    name: 'main',
    kind: 'zendesk',
    mode: 'act',
    state: 'ok',
    stateText: null,
    stateNext: null,
    completeness: 1,
    pending: 0,
    quarantined: 2,
    tickets: 1500,
    orders: 0,
    lastDeliveryAt: '2026-05-04T09:00:07.123Z',
  } as ConnectionStatus;
  const sick = { ...status, id: 2, name: 'two', state: 'forbidden', stateText: 'no search', stateNext: 'Allow it.' };
  expect(connectionLines([status, { ...sick, completeness: null, lastDeliveryAt: null } as ConnectionStatus])).toEqual([
    'id  name  kind     mode  state         held  pending  quarantined  tickets  orders  last delivery',
    '--  ----  -------  ----  ---------  -------  -------  -----------  -------  ------  --------------------',
    ' 1  main  zendesk  act   ok         100.0 %        0            2     1500       0  2026-05-04 09:00 UTC',
    ' 2  two   zendesk  act   forbidden        -        0            2     1500       0  -',
    '',
    'two: no search',
    '  -> Allow it.',
  ]);
});

describe('the payroll of a month in words', () => {
  const line = { month: '2026-05', costed: usd('54.000000'), paid: usd('216.000000'), difference: usd('162.000000') };

  it('tells what was costed of what was paid, or what is lacking', () => {
    expect(payrollWords({ ...line, utilisation: 0.25 })).toBe(
      'Payroll of 2026-05: of 216.00 USD paid, 54.00 USD was costed on tickets, 25.0 %; the difference of 162.00 USD is breaks, leave, waiting and other work.',
    );
    expect(payrollWords({ ...line, paid: null, difference: null, utilisation: null })).toContain(
      'deskledger import fx',
    );
  });

  it('bug: it cut amounts off where the table above it rounds them', () => {
    const words = payrollWords({
      month: '2026-10',
      costed: usd('2873.116853'),
      paid: usd('10090.700000'),
      difference: usd('7217.583147'),
      utilisation: 0.284729,
    });
    expect(words).toContain('of 10,090.70 USD paid, 2,873.12 USD was costed');
    const yen = (amount: string) => ({ amount, currency: 'JPY' });
    const inYen = { month: '2026-10', costed: yen('10.600000'), paid: yen('100.000000'), difference: yen('89.400000') };
    expect(payrollWords({ ...inYen, utilisation: 0.106 })).toContain('of 100 JPY paid, 11 JPY was costed');
  });

  it('bug: what was costed beyond the pay was called breaks and leave', () => {
    const words = payrollWords({
      ...line,
      costed: usd('300.000000'),
      difference: usd('-84.000000'),
      utilisation: 1.388889,
    });
    expect(words).toContain('138.9 %; 84.00 USD more than was paid: look at `deskledger export rates`');
  });
});
