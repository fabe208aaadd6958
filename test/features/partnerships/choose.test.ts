import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDays } from '../../../src/core/time.ts';
import { chooseParts } from '../../../src/features/partnerships/choose.ts';
import type { StoredItem } from '../../../src/features/partnerships/items.ts';

const partners = [null, 'nord', 'sud'] as const;
const stores = [null, 1, 2] as const;
const regions = [null, 'dach', 'FR'] as const;
const day = fc.integer({ min: 0, max: 12 }).map((days) => addDays('2026-05-01', days));

const item = fc
  .record({
    partner: fc.constantFrom(...partners),
    connectionId: fc.constantFrom(...stores),
    region: fc.constantFrom(...regions),
    startsOn: day,
    length: fc.option(fc.integer({ min: 0, max: 8 })),
    ppm: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
    kind: fc.constantFrom('margin', 'commission'),
  })
  .map(
    ({ length, ...one }): Omit<StoredItem, 'id'> => ({
      ...one,
      side: 'benefit',
      reference: '',
      amountMicros: null,
      currency: null,
      every: null,
      hoursMicros: null,
      hourlyMicros: null,
      byLineCost: one.ppm === null,
      endsOn: length === null ? null : addDays(one.startsOn, length),
    }),
  );

/** Straight from the rule: of all that hold for an order, the narrowest, then the latest that began, then the latest given. */
const bestOf = (items: readonly StoredItem[], order: { partner: string; store: number; region: string; day: string }) =>
  items
    .filter((one) => one.partner === null || one.partner === order.partner)
    .filter((one) => one.connectionId === null || one.connectionId === order.store)
    .filter((one) => one.region === null || one.region === order.region)
    .filter((one) => one.startsOn <= order.day && (one.endsOn === null || one.endsOn >= order.day))
    .map((one) => ({
      one,
      rank: `${one.partner === null ? 0 : 1}${one.connectionId === null ? 0 : 1}${one.region === null ? 0 : 1} ${one.startsOn} ${String(one.id).padStart(5, '0')}`,
    }))
    .toSorted((a, b) => (a.rank < b.rank ? 1 : -1))
    .map(({ one }) => one);

test('for every order there is the choice that the rule names, and never two', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 8 }), day, (given, at) => {
      const items = given.map((one, id): StoredItem => ({ ...one, id }));
      const chosen = chooseParts(items);
      for (const kind of ['margin', 'commission']) {
        const choices = chosen.get(kind) ?? [];
        const ofKind = items.filter((one) => one.kind === kind);
        for (const partner of ['nord', 'sud', 'west'])
          for (const store of [1, 2, 3])
            for (const region of ['dach', 'FR', 'US']) {
              const key = {
                partner: choices.some((one) => one.partner === partner) ? partner : '',
                store: choices.some((one) => one.store === store) ? store : 0,
                region: choices.some((one) => one.region === region) ? region : '',
              };
              const found = choices.filter(
                (one) =>
                  one.partner === key.partner &&
                  one.store === key.store &&
                  one.region === key.region &&
                  one.since <= at &&
                  one.until >= at,
              );
              const held = bestOf(ofKind, { partner, store, region, day: at });
              const percent = held.find(({ ppm }) => ppm !== null)?.ppm ?? null;
              expect(found.map(({ ppm, byLineCost }) => ({ ppm, byLineCost }))).toEqual(
                held[0] ? [{ ppm: held[0].byLineCost ? percent : held[0].ppm, byLineCost: held[0].byLineCost }] : [],
              );
            }
      }
    }),
  );
});
