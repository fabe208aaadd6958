import { addDays, type Day } from '../../core/time.ts';
import type { StoredItem } from './items.ts';

/** What holds for the orders of a partner, store and region over some days. */
export interface Choice {
  /** '' and 0: any that no item names. */
  readonly partner: string;
  readonly store: number;
  readonly region: string;
  readonly since: Day;
  /** Inclusive. */
  readonly until: Day;
  /** Where `byLineCost`, what stands in for orders whose lines tell no cost; null: nothing. */
  readonly ppm: number | null;
  readonly byLineCost: boolean;
}

const lastDay = '9999-12-31';

/** The narrowest first: a partner's before a store's before a region's, then the latest that began, then the latest given. */
const byNarrowness = (a: StoredItem, b: StoredItem): number => {
  const width = (item: StoredItem): number =>
    Number(item.partner !== null) * 4 + Number(item.connectionId !== null) * 2 + Number(item.region !== null);
  return width(b) - width(a) || (a.startsOn < b.startsOn ? 1 : a.startsOn > b.startsOn ? -1 : b.id - a.id);
};

/** The days between which nothing about some items changes. */
const spansOf = (items: readonly StoredItem[]): { since: Day; until: Day }[] => {
  const firsts = [
    ...new Set(items.flatMap(({ startsOn, endsOn }) => [startsOn, ...(endsOn === null ? [] : [addDays(endsOn, 1)])])),
  ].sort();
  return firsts.map((since, at) => {
    const next = firsts[at + 1];
    return { since, until: next === undefined ? lastDay : addDays(next, -1) };
  });
};

/** Names that items use, and the word for all others. */
const namesOf = <Name>(items: readonly StoredItem[], of: (item: StoredItem) => Name | null, others: Name): Name[] => [
  ...new Set([...items.flatMap((item) => of(item) ?? []), others]),
];

const choicesOf = (items: readonly StoredItem[]): Choice[] => {
  const [stores, regions] = [namesOf(items, (item) => item.connectionId, 0), namesOf(items, (item) => item.region, '')];
  const byPartner = Map.groupBy(items, (item) => item.partner);
  return namesOf(items, (item) => item.partner, '').flatMap((partner) => {
    const ofPartner = [...(byPartner.get(partner) ?? []), ...(byPartner.get(null) ?? [])];
    return stores.flatMap((store) =>
      regions.flatMap((region) => {
        const matching = ofPartner
          .filter((item) => item.connectionId === null || item.connectionId === store)
          .filter((item) => item.region === null || item.region === region)
          .toSorted(byNarrowness);
        return spansOf(matching).flatMap(({ since, until }): Choice[] => {
          const held = matching.filter(
            ({ startsOn, endsOn }) => startsOn <= since && (endsOn === null || endsOn >= since),
          );
          const best = held[0];
          if (!best) return [];
          const percent = best.byLineCost ? held.find(({ byLineCost }) => !byLineCost) : best;
          const { byLineCost } = best;
          return [{ partner, store, region, since, until, ppm: percent?.ppm ?? null, byLineCost }];
        });
      }),
    );
  });
};

/** For whom and when any part of revenue holds, whatever its kind. */
export const chooseAny = (items: readonly StoredItem[]): Choice[] => choicesOf(items);

/**
 * Which part of revenue holds for whom and when, by kind: the narrowest. Partners, stores and regions that no item
 * names share a choice.
 */
export const chooseParts = (items: readonly StoredItem[]): Map<string, Choice[]> =>
  new Map([...Map.groupBy(items, ({ kind }) => kind)].map(([kind, ofKind]) => [kind, choicesOf(ofKind)]));
