import type { Counts } from './counts.ts';
import type { Counted } from './figures.ts';
import { amountOf, dealOut, type Fraction, ratio, sum, toEven } from './numbers.ts';

/** Work of one reason and language. */
interface Work {
  readonly reason: string | null;
  readonly language: string | null;
  readonly counts: Counts;
}
type Mix = (work: Work) => string | null;

const byReason: Mix = ({ reason }) => reason;
const byLanguage: Mix = ({ language }) => language;
const byBoth: Mix = ({ reason, language }) => JSON.stringify([reason, language]);

const total = (works: readonly Work[], count: 'ticketsWorked' | 'microseconds' | 'cost' | 'measuredCost'): bigint =>
  sum(works.map(({ counts }) => counts[count]));

const rounded = ([above, below]: Fraction): bigint => (below === 0n ? 0n : toEven([above, below]));

/**
 * Why somebody is dear: the cost above what its orders would have cost at the account's average, in parts that add up to it.
 * `counted` is by partner, reason and language.
 */
export const whyDear = ({ sides }: Counted) => {
  // What has no price is on a list of its own.
  const works = [...sides.work].flatMap(([key, counts]) => {
    const [partner = null, reason = null, language = null] = JSON.parse(key) as (string | null)[];
    return counts.ticketsWorked === 0n && counts.cost === 0n ? [] : [{ partner, reason, language, counts }];
  });
  const orders = [...sides.orders].map(([key, counts]) => ({
    partner: (JSON.parse(key) as (string | null)[])[0] ?? null,
    ppm: counts.orders,
  }));
  const allOrders = sum(orders.map(({ ppm }) => ppm));
  const allCost = total(works, 'cost');
  const perTicket = (some: readonly Work[]): string | null => {
    const tickets = total(some, 'ticketsWorked');
    return tickets === 0n ? null : amountOf(toEven([total(some, 'cost') * 1_000_000n, tickets]));
  };
  return (partner: string | null) => {
    const own = works.filter((work) => work.partner === partner);
    const ownOrders = sum(orders.filter((one) => one.partner === partner).map(({ ppm }) => ppm));
    const others = works.filter((work) => work.partner !== partner);
    /** What the own tickets, or seconds, would have cost at all others' cost of the same mix; where they have none, what they did. */
    const at = (mix: Mix, unit: 'ticketsWorked' | 'microseconds'): bigint =>
      sum(
        [...new Set(own.map(mix))].map((code) => {
          const [some, theirs] = [
            own.filter((work) => mix(work) === code),
            others.filter((work) => mix(work) === code),
          ];
          return total(theirs, 'ticketsWorked') <= 0n || total(theirs, unit) <= 0n
            ? total(some, 'cost')
            : toEven([total(theirs, 'cost') * total(some, unit), total(theirs, unit)]);
        }),
      );
    const cost = total(own, 'cost');
    const tickets = total(own, 'ticketsWorked');
    const allTickets = total(works, 'ticketsWorked');
    const average = rounded([allCost * tickets, allTickets]);
    const expected = allOrders === 0n ? average : rounded([allCost * ownOrders, allOrders]);
    const [anyhow, both] = [at(() => null, 'ticketsWorked'), at(byBoth, 'ticketsWorked')];
    const [reasons, languages] = [at(byReason, 'ticketsWorked'), at(byLanguage, 'ticketsWorked')];
    /** Half of what two ways differ by, in the others' part of all tickets. */
    const part = (twice: bigint): bigint => rounded([twice * total(others, 'ticketsWorked'), 2n * allTickets]);
    const reason = part(reasons - anyhow + both - languages);
    const language = part(languages - anyhow + both - reasons);
    const handlingTime = part(2n * (at(byBoth, 'microseconds') - both));
    const knownShare = (mix: Mix) =>
      ratio(
        total(
          own.filter((work) => mix(work) !== null),
          'ticketsWorked',
        ),
        tickets,
      );
    /** The cost of each code less its part of what was expected, which goes to them as the account's cost does. */
    const linesBy = (mix: Mix) => {
      const codes = [...new Set(works.map(mix))];
      const weights = codes.map((code) => ({
        weight: total(
          works.filter((work) => mix(work) === code),
          'cost',
        ),
        name: code ?? '\uffff',
      }));
      const parts = allCost === 0n ? [] : dealOut(expected, weights);
      return new Map(
        codes.map((code, index) => {
          const [some, all] = [own.filter((work) => mix(work) === code), works.filter((work) => mix(work) === code)];
          return [
            code,
            {
              ticketsWorked: ratio(total(some, 'ticketsWorked'), 1_000_000n),
              share: ratio(total(some, 'ticketsWorked'), tickets),
              accountShare: ratio(total(all, 'ticketsWorked'), total(works, 'ticketsWorked')),
              ahtSeconds: ratio(total(some, 'microseconds'), total(some, 'ticketsWorked')),
              accountAhtSeconds: ratio(total(all, 'microseconds'), total(all, 'ticketsWorked')),
              costPerTicket: perTicket(some),
              accountCostPerTicket: perTicket(all),
              excess: amountOf(total(some, 'cost') - (parts[index] ?? 0n)),
            },
          ];
        }),
      );
    };
    return {
      row: {
        per: allOrders === 0n ? 'ticket' : 'order',
        orders: ratio(ownOrders, 1_000_000n),
        ticketsWorked: ratio(tickets, 1_000_000n),
        supportCost: amountOf(cost),
        expectedCost: amountOf(expected),
        excess: amountOf(cost - expected),
        parts: {
          volume: allOrders === 0n ? null : amountOf(average - expected),
          reason: amountOf(reason),
          language: amountOf(language),
          handlingTime: amountOf(handlingTime),
          rate: amountOf(cost - average - reason - language - handlingTime),
        },
        coverage: {
          measuredShare: ratio(total(own, 'measuredCost'), cost),
          reasonKnownShare: knownShare(byReason),
          languageKnownShare: knownShare(byLanguage),
        },
      },
      reasons: () => linesBy(byReason),
      languages: () => linesBy(byLanguage),
    };
  };
};
