export { importBenefits, importOtherCosts, itemRows } from './import-items.ts';
export {
  type ItemRevision,
  itemsSince,
  lastItem,
  lastItemAbout,
  listItems,
  lockItems,
  revenueParts,
  type Side,
  type StoredItem,
} from './items.ts';
export {
  bringNothing,
  type PartnershipMoney,
  type PartnershipMoneyRow,
  type PartnershipQuestion,
  type PartOfRevenue,
  partnershipMoney,
  type UnpricedAmount,
} from './money.ts';
export type { Known } from './read-items.ts';
