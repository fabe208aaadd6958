import type { Item } from './item-story.ts';

const heads = {
  'other-costs': 'reference,partner,region,kind,amount,currency,every,hours,hourly,from,to',
  benefits: 'reference,partner,region,store,kind,amount,currency,every,percent,from,to',
} as const;
type Paper = keyof typeof heads;

const decimal = (hundredths: number): string => (hundredths / 100).toFixed(2);

/** The files of other costs and benefits: each item's, and all that was told last. */
export const createItemPapers = (store: string, dayOf: (offset: number) => string) => {
  const held = { 'other-costs': new Map<string, string>(), benefits: new Map<string, string>() };
  const all = (paper: Paper, rows: Iterable<string>): string => `${[heads[paper], ...rows].join('\n')}\n`;

  const rowOf = (item: Item): { paper: Paper; reference: string; cells: readonly (string | null)[] } => {
    // No two parts of revenue begin on one day: which of them would hold is not said.
    const fromDay = item.do === 'part' ? Math.floor(item.fromDay / 4) * 4 + item.reference : item.fromDay;
    const days = [dayOf(fromDay), item.days === null ? '' : dayOf(fromDay + item.days)];
    if (item.do === 'part') {
      const { kind, percent } = item.of;
      const cells = [item.partner, item.region, item.ofStore ? store : '', kind, '', '', '', percent, ...days];
      return { paper: 'benefits', reference: `part ${item.reference}`, cells };
    }
    const { partner, region, currency, every } = item;
    const cents = decimal(item.cents);
    if (item.do === 'benefit')
      return {
        paper: 'benefits',
        reference: `amount ${item.reference}`,
        cells: [partner, region, '', item.kind, cents, currency, every, '', ...days],
      };
    const spread = [currency, every];
    return {
      paper: 'other-costs',
      reference: `cost ${item.reference}`,
      cells:
        item.hours === null
          ? [partner, region, item.kind, cents, ...spread, '', '', ...days]
          : [partner, region, 'management', '', ...spread, decimal(item.hours), cents, ...days],
    };
  };

  return {
    otherCosts: () => all('other-costs', held['other-costs'].values()),
    benefits: () => all('benefits', held.benefits.values()),
    /** The files of some items, noted; of a reference the last. */
    add(items: readonly Item[]): (readonly [Paper, string])[] {
      const files = { 'other-costs': new Map<string, string>(), benefits: new Map<string, string>() };
      for (const item of items) {
        const { paper, reference, cells } = rowOf(item);
        const row = [reference, ...cells].map((cell) => cell ?? '').join(',');
        files[paper].set(reference, row);
        held[paper].set(reference, row);
      }
      return (Object.keys(files) as Paper[])
        .filter((paper) => files[paper].size > 0)
        .map((paper) => [paper, all(paper, files[paper].values())] as const);
    },
  };
};
