import { expect, test } from 'vitest';
import { partnerReport } from '../../../src/features/reports/index.ts';
import { addUpMarked } from '../../../src/features/reports/totals/fold.ts';
import { createWorld, nord, sud } from './world.ts';

const tickets = 12;
const asked = {
  from: '2026-05-01',
  to: '2026-05-31',
  groupBy: ['partner', 'region'] as const,
  currency: 'USD',
  timeZone: 'UTC',
  costBasis: 'true' as const,
};

test('while tickets go from one partner to another, each is here or there in every report, and the total stays', async () => {
  const world = await createWorld();
  await world.rate('3600.00');
  const ids: bigint[] = [];
  // Seconds are a power of two: a sum of them tells which tickets it is made of.
  for (let index = 0; index < tickets; index += 1)
    ids.push(
      await world.ticket({
        created: `2026-05-${10 + index}`,
        work: [
          ['ada', 2 ** index, `2026-05-${10 + index}`],
          ['ada', 2 ** index, `2026-05-${12 + index}`],
        ],
      }),
    );
  const addUp = () => addUpMarked(world.db, { timeZone: 'UTC', patient: false });
  while ((await addUp()) > 0);

  let begun = 0;
  let done = 0;
  const look = async (): Promise<void> => {
    const least = 2 ** done - 1;
    const report = await partnerReport(world.db, asked);
    const most = 2 ** begun - 1;
    const [here, there] = [nord, sud].map((cell) => report.rows.find(({ partner }) => partner === cell.partner));
    expect(report.total).toMatchObject({ tickets, ticketsWorked: tickets, handledSeconds: 2 * (2 ** tickets - 1) });
    const moved = (there?.handledSeconds ?? 0) / 2;
    expect((here?.handledSeconds ?? 0) / 2 + moved).toBe(2 ** tickets - 1);
    // Tickets go in order: those that went are all up to one.
    expect(Math.log2(moved + 1) % 1).toBe(0);
    expect(moved).toBeGreaterThanOrEqual(least);
    expect(moved).toBeLessThanOrEqual(most);
    const parts = moved === 0 ? 0 : Math.log2(moved + 1);
    expect(there?.ticketsWorked ?? 0).toBeGreaterThanOrEqual(parts);
    expect((there?.tickets ?? 0) + (here?.tickets ?? 0)).toBe(tickets);
  };

  let moving = true;
  const move = async (): Promise<void> => {
    for (const id of ids) {
      begun += 1;
      await world.reattribute(id, [sud]);
      done += 1;
    }
    moving = false;
  };
  let looks = 0;
  const watch = async (): Promise<void> => {
    while (moving) {
      await look();
      looks += 1;
    }
  };
  const keepAdding = async (): Promise<void> => {
    while (moving) await addUp();
  };
  await Promise.all([move(), watch(), keepAdding()]);
  expect(looks).toBeGreaterThan(2);
  while ((await addUp()) > 0);
  await look();
});
