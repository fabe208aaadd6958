import { setImmediate as turn } from 'node:timers/promises';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { testDatabase } from '../../support/database.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;
const database = await testDatabase();

const answerBytes = 400_000;
const youngBytes = (): number =>
  getHeapSpaceStatistics()
    .filter(({ space_name: name }) => name.startsWith('new'))
    .reduce((sum, { space_used_size: used }) => sum + used, 0);

const asked = `select repeat('a', ${answerBytes / 10}) as text from generate_series(1, 10)`;

test.each<[string, () => Promise<unknown>]>([
  ['the pool', () => database.query(asked)],
  ['a transaction', () => database.transaction((tx) => tx.query(asked))],
  ['a hasty statement', () => database.hasty.query(asked)],
])('answers of %s are let go at the next small collection, and hold no later ones', async (_name, ask) => {
  const left: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    await ask();
    await turn();
    if (round % 2 === 0) continue;
    collect({ type: 'minor' });
    left.push(youngBytes());
  }
  expect(Math.min(...left.slice(-4))).toBeLessThan(answerBytes);
});
