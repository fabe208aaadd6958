import { afterEach, expect, test } from 'vitest';
import { secondMs } from '../../../src/core/time.ts';
import { type World, world } from './world.ts';

let w: World;
afterEach(() => w.close());

const tell = async (id: string, urgency: 'now' | 'now with audits') => {
  await w.deliver(id, { urgency });
  w.clock.advance(3 * secondMs);
  await w.drain();
};

test('bug: what only the audits had told of the first message was lost at the next pull without them', async () => {
  w = await world();
  await w.order(1001, { email: 'buyer1@example.com' });
  const words = 'Bonjour, ma commande 2101001 est arrivée cassée, pouvez-vous me renvoyer une autre lampe ?';
  const { number } = (await w.db.query<{ number: string }>('select number from "order"'))[0] ?? { number: '' };
  w.put('1', { firstMessage: words.replace('2101001', number), requester: buyer });
  await tell('1', 'now with audits');
  const stored = () =>
    w.db.query('select named_numbers, language, language_reason from ticket where external_id = $1', ['1']);
  const told = [{ named_numbers: [number], language: 'fr', language_reason: 'text' }];
  expect(await stored()).toEqual(told);
  expect(await w.decision('1')).toMatchObject({ method: 'text', partner: 'nord' });
  w.put('1', { firstMessage: null, subject: 'Re: #7788', updatedAt: w.clock.now() });
  await tell('1', 'now');
  expect(await stored()).toEqual([{ ...told[0], named_numbers: [number, '7788'] }]);
  expect(await w.decision('1')).toMatchObject({ method: 'text', partner: 'nord' });
  w.put('1', { requester: { ...buyer, id: 'u2' }, updatedAt: w.clock.now() });
  await tell('1', 'now');
  expect(await stored()).toMatchObject([{ named_numbers: ['7788'] }]);
});

test('bug: a pattern of the connection’s own found no number', async () => {
  w = await world({ settings: { orderNumberPattern: 'LX/(\\d{4})' } });
  w.put('1', { subject: 'Lamp broken, LX/1001' });
  await tell('1', 'now');
  expect(await w.db.query('select named_numbers from ticket')).toEqual([{ named_numbers: ['1001'] }]);
});

test('numbers are found by the patterns of each store for the language of the text', async () => {
  w = await world();
  const patterns = { '*': 'AB/(\\d{4})', de: 'vorgang (\\d{4})', sv: 'ärende (\\d{4})' };
  await w.db.query("update connection set settings = settings || $1::jsonb where kind = 'shop'", [
    JSON.stringify({ orderNumberPatterns: patterns }),
  ]);
  const german =
    'Guten Tag, die Lampe zu Vorgang 1001 ist kaputt angekommen, siehe AB/1002 und ärende 1003, bitte helfen Sie mir.';
  w.put('1', { subject: 'Lampe', firstMessage: german });
  await tell('1', 'now');
  expect(await w.db.query('select named_numbers, language from ticket')).toEqual([
    { named_numbers: ['1001', '1002'].map((number) => `${number} ${w.shopConnection.id}`), language: 'de' },
  ]);
});

const buyer = { id: 'u1', email: 'buyer1@example.com', locale: null };
