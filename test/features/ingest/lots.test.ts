import { describe, expect, test } from 'vitest';
import { createLots, mostDecidedAgain, Overtaken, pastDeadlocks } from '../../../src/features/ingest/lots.ts';

const itemsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ ticketId: BigInt(index) }));
const coded = (code: string) => Object.assign(new Error(`SQLSTATE ${code}`), { code });

describe('lots', () => {
  test('are small, and leave nobody out', async () => {
    const sizes: number[] = [];
    const seen: bigint[] = [];
    const inLots = createLots({
      async runLot(_: string, items: readonly { readonly ticketId: bigint }[]) {
        sizes.push(items.length);
        seen.push(...items.map(({ ticketId }) => ticketId));
      },
    });
    expect(await inLots('desk', itemsOf(120))).toEqual([]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50);
    expect(seen).toEqual(itemsOf(120).map(({ ticketId }) => ticketId));
    expect(await inLots('desk', [])).toEqual([]);
    sizes.length = 0;
    expect(await inLots('desk', itemsOf(120), mostDecidedAgain)).toEqual([]);
    expect(sizes).toEqual([120]);
  });

  test('that fail are halved until the tickets at fault are alone; all others are done once', async () => {
    const poison = new Set([3n, 4n, 77n]);
    const done: bigint[] = [];
    const inLots = createLots({
      async runLot(_: string, items: readonly { readonly ticketId: bigint }[]) {
        const bad = items.find(({ ticketId }) => poison.has(ticketId));
        if (bad) throw new Error(`ticket ${bad.ticketId}`);
        done.push(...items.map(({ ticketId }) => ticketId));
      },
    });
    const failures = await inLots('desk', itemsOf(90));
    expect(failures).toEqual([...poison].map((ticketId) => ({ ticketId, error: new Error(`ticket ${ticketId}`) })));
    expect(done).toEqual(itemsOf(90).flatMap(({ ticketId }) => (poison.has(ticketId) ? [] : [ticketId])));
  });

  test('are no ticket’s fault where the storage failed', async () => {
    let runs = 0;
    const inLots = createLots({
      async runLot() {
        runs += 1;
        throw coded('57P01');
      },
    });
    await expect(inLots('desk', itemsOf(10))).rejects.toThrow('57P01');
    expect(runs).toBe(1);
  });
});

describe('a ring of locks', () => {
  const failing = (...codes: readonly string[]) => {
    const left = [...codes];
    return async () => {
      const code = left.shift();
      if (code !== undefined) throw coded(code);
      return 'done';
    };
  };

  test('is tried again, as the line tells, and not without end', async () => {
    const line = {};
    expect(await pastDeadlocks(line, failing('40P01', '40001'))).toBe('done');
    expect(line).toEqual({ tries: 3 });
    await expect(pastDeadlocks({}, failing('40P01', '40P01', '40P01'))).rejects.toThrow('40P01');
  });

  test('is tried for longer where others hold what it has found to lock', async () => {
    const overtaken = (times: number) => {
      let left = times;
      return async () => {
        left -= 1;
        if (left >= 0) throw new Overtaken();
        return 'done';
      };
    };
    expect(await pastDeadlocks({}, overtaken(9))).toBe('done');
    await expect(pastDeadlocks({}, overtaken(10))).rejects.toThrow(Overtaken);
  });

  test('is told from any other fault', async () => {
    const line = {};
    await expect(pastDeadlocks(line, failing('23505'))).rejects.toThrow('23505');
    expect(line).toEqual({ tries: 1 });
  });
});
