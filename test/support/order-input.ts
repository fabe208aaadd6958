import type { OrderInput } from '../../src/sandbox/bigcommerce/model.ts';

/** An order for the simulated store: unless said otherwise a guest's from Sweden, a vase for 100.00 USD with tax on top. */
export const orderInput = (changes: Pick<OrderInput, 'placedAtMs'> & Partial<OrderInput>): OrderInput => ({
  customerId: 0,
  email: 'eva@example.com',
  firstName: 'Eva',
  lastName: 'E',
  countryIso2: 'SE',
  locale: 'sv',
  currency: 'USD',
  channelId: 3,
  externalSource: null,
  externalOrderId: '',
  formFields: [],
  metafields: [],
  taxInclusive: false,
  taxPercent: 25,
  lines: [{ sku: 'HD-1', name: 'Vase', brand: '', priceCents: 10_000, quantity: 1 }],
  discountCents: 0,
  shippingCents: 0,
  statusId: 11,
  ...changes,
});
