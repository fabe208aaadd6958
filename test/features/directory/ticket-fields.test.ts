import { describe, expect, it } from 'vitest';
import { fieldName, guessFields, mappedFields } from '../../../src/features/directory/index.ts';
import type { TicketField } from '../../../src/helpdesks/port.ts';

const field = (title: string | null, parts: Partial<TicketField> = {}): TicketField => ({
  id: title ?? 'nameless',
  title,
  holds: 'text',
  ...parts,
});
const guess = (fields: readonly TicketField[], given: Record<string, unknown> = {}) =>
  Object.fromEntries(
    guessFields(fields, given).map(({ setting, candidates }) => [setting, candidates.map(({ id }) => id)]),
  );

describe('a field is found by what people call it', () => {
  it.each([
    ['Order number', 'orderNumberFieldId'],
    ['ORDER NO.', 'orderNumberFieldId'],
    ['Order #', 'orderNumberFieldId'],
    ['Bestellnummer', 'orderNumberFieldId'],
    ['Bestell-Nr.', 'orderNumberFieldId'],
    ['N° de commande', 'orderNumberFieldId'],
    ['Numero de commande', 'orderNumberFieldId'],
    ['Número de pedido', 'orderNumberFieldId'],
    ['Ordernummer', 'orderNumberFieldId'],
    ['رقم الطلب', 'orderNumberFieldId'],
    ['Sales partner', 'partnerFieldId'],
    ['Återförsäljare', 'partnerFieldId'],
    ['Region', 'regionFieldId'],
    ['Région', 'regionFieldId'],
    ['Vertriebsgebiet', 'regionFieldId'],
    ['Contact reason', 'reasonFieldId'],
    ['Kontaktgrund', 'reasonFieldId'],
    ['سبب التواصل', 'reasonFieldId'],
  ])('%s is %s', (title, setting) => {
    expect(guess([field('Subject'), field(title)])).toEqual({ [setting]: [title] });
  });

  it.each(['Order status', 'Order', 'Tracking number', 'Reason for refund', 'Partner contract', '', '#', '...'])(
    '"%s" is none of them',
    (title) => {
      expect(guess([field(title), field(null)])).toEqual({});
    },
  );

  it('or by what programs call it', () => {
    const keyed = field('Référence du client', { id: 'orderNumberStr', key: 'orderNumber' });
    expect(guess([keyed])).toEqual({ orderNumberFieldId: ['orderNumberStr'] });
    expect(guess([field('Region', { key: 'orderNumber' })])).toEqual({});
  });
});

describe('a guess', () => {
  it('is a question where several fit', () => {
    const two = [field('Order number'), field('Bestellnummer'), field('Region')];
    expect(guess(two)).toEqual({ orderNumberFieldId: ['Order number', 'Bestellnummer'], regionFieldId: ['Region'] });
  });

  it('is none for a setting that is given, nor a field that another setting has', () => {
    const fields = [field('Order number', { id: '1' }), field('Region', { id: '2' })];
    expect(guess(fields, { orderNumberFieldId: '9' })).toEqual({ regionFieldId: ['2'] });
    expect(guess(fields, { reasonFieldId: '1' })).toEqual({ regionFieldId: ['2'] });
  });

  it('is none where the field cannot hold the value, or the settings do not take its id', () => {
    expect(guess([field('Order number', { holds: 'other' }), field('Region', { holds: 'number' })])).toEqual({});
    expect(guess([field('Order number', { holds: 'number' }), field('Region', { holds: 'choice' })])).toEqual({
      orderNumberFieldId: ['Order number'],
      regionFieldId: ['Region'],
    });
    expect(guess([field('Order number', { holds: 'choice' })])).toEqual({});
    expect(guessFields([field('Region')], {}, (setting) => setting !== 'regionFieldId')).toEqual([]);
  });
});

it('the fields that settings name are told by their keys', () => {
  const given = { orderNumberFieldId: '1', partnerFieldId: undefined, regionFieldId: '', subdomain: 'acme' };
  expect(mappedFields(given)).toEqual([{ setting: 'orderNumberFieldId', id: '1' }]);
  expect([fieldName({ id: '1', title: 'Region' }), fieldName({ id: '2', title: null })]).toEqual(['"Region" (1)', '2']);
});
