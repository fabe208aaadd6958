import { setTimeout as wait } from 'node:timers/promises';
import type { Child } from './child.ts';
import { type Installation, runCommand } from './server-process.ts';
import type { AgentAnswer } from './vendors.ts';

export const lives = 8;
/** Between one ticket's event and the next one's: far enough apart that no two share a bulk read. */
const apartMs = 4000;
/** The change feed shows nothing of the last minute; a walk after that meets what we wrote ourselves. */
const feedLagMs = 62_000;

/** Tickets of as many customers at real pace: each is created, answered twice, met by a walk over the change feed, solved. */
export const playLives = async (
  installation: Installation,
  {
    vendors,
    open,
    answer,
  }: {
    /** Who counts from now on what they are asked. */
    readonly vendors: Child;
    readonly open: (customer: number) => Promise<unknown>;
    readonly answer: (customer: number, how: AgentAnswer) => Promise<unknown>;
  },
): Promise<void> => {
  const customers = Array.from({ length: lives }, (_, customer) => customer);
  await wait(apartMs);
  await vendors.ask('forget');
  for (const customer of customers) {
    await open(customer);
    await wait(apartMs);
  }
  const lastWriteAt = Date.now();
  for (const customer of customers)
    for (const seconds of [95, 140]) {
      await answer(customer, { seconds: seconds + customer, status: 'pending' });
      await wait(apartMs / 4);
    }
  await wait(Math.max(0, lastWriteAt + feedLagMs - Date.now()));
  await runCommand(installation, 'reconcile');
  await wait(apartMs);
  for (const customer of customers) {
    await answer(customer, { seconds: 60 + customer, status: 'solved' });
    await wait(apartMs);
  }
};
