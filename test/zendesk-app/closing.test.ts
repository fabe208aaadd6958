import { expect, test } from 'vitest';
import { watchClosing } from '../../zendesk-app/src/closing.ts';

const opened = () => {
  const handlers = new Map<string, (data: unknown) => void>();
  const asked: { answer: (status: unknown) => void; fail: () => void }[] = [];
  const told: boolean[] = [];
  watchClosing(
    {
      get: () =>
        new Promise((resolve, reject) => {
          asked.push({
            answer: (status) => resolve({ 'ticket.status': status }),
            fail: () => reject(new Error('no answer')),
          });
        }),
      on: (event, handler) => void handlers.set(event, handler),
    },
    (isClosed) => told.push(isClosed),
  );
  return {
    told,
    happens: (event: string) => handlers.get(event)?.(undefined),
    answer: (at: number, status: unknown) => asked[at]?.answer(status),
    fail: (at: number) => asked[at]?.fail(),
  };
};

test.each(['ticket.status.changed', 'ticket.statusCategory.changed', 'ticket.updated'])(
  'bug: a ticket that closed while its tab was open kept its pencils: %s is asked after',
  async (event) => {
    const { told, happens, answer } = opened();
    happens(event);
    answer(0, 'closed');
    happens(event);
    answer(1, 'open');
    await expect.poll(() => told).toEqual([false]);
    happens(event);
    answer(2, 'closed');
    await expect.poll(() => told).toEqual([false, true]);
  },
);

test('what an earlier question brings late, and no answer at all, say nothing', async () => {
  const { told, happens, answer, fail } = opened();
  happens('ticket.status.changed');
  happens('ticket.updated');
  answer(1, 'closed');
  await expect.poll(() => told).toEqual([true]);
  answer(0, 'open');
  happens('ticket.updated');
  fail(2);
  happens('ticket.updated');
  answer(3, undefined);
  happens('ticket.updated');
  answer(4, 'open');
  await expect.poll(() => told.at(-1)).toBe(false);
  expect(told).toEqual([true, false]);
});
