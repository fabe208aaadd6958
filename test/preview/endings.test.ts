import { expect, test } from 'vitest';
import { createEndings } from '../../src/preview/endings.ts';

test('one that cannot be ended keeps none of the others, and the first fault is told', async () => {
  const { add, endAll } = createEndings();
  const ended: string[] = [];
  for (const name of ['folder', 'sandbox', 'database', 'product'])
    add(async () => {
      ended.push(name);
      if (name === 'product' || name === 'sandbox') throw new Error(`${name} did not stop`);
    });
  await expect(endAll()).rejects.toThrow('product did not stop');
  expect(ended).toEqual(['product', 'database', 'sandbox', 'folder']);
});

test('whoever asks again waits for the same end', async () => {
  const { add, endAll } = createEndings();
  let ended = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  add(async () => {
    ended += 1;
    await promise;
  });
  const both = [endAll(), endAll()];
  resolve();
  await Promise.all(both);
  expect(ended).toBe(1);
});
