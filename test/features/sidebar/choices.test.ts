import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createWorld } from '../reports/world.ts';
import { secret, settle } from './ticket-world.ts';

const desk = await settle(await createWorld());

test('choices hold every partner, region, country without a group and reason with the values that say it', async () => {
  const choices = (await desk.get('/sidebar/v1/choices', secret)).json();
  expect(choices.partners).toEqual([
    { code: 'direct', name: 'Direct', aliases: [], values: ['partner_direct', 'direct'] },
    {
      code: 'nord',
      name: 'Nordwind',
      aliases: ['NW', 'Nord GmbH'],
      values: ['partner_nord', 'nord', 'NW', 'Nord GmbH'],
    },
    { code: 'sud', name: 'Sud', aliases: [], values: ['partner_sud', 'sud'] },
  ]);
  expect(choices.regions.slice(0, 3)).toEqual([
    { code: 'iberia', name: 'Iberia', countries: ['ES'], aliases: ['ESP'], values: ['region_iberia', 'iberia'] },
    {
      code: 'nordics',
      name: 'Nordics',
      countries: ['NO', 'SE'],
      aliases: ['NOR', 'SWE'],
      values: ['region_nordics', 'nordics'],
    },
    { code: 'AD', name: 'AD', countries: ['AD'], aliases: ['AND'], values: ['region_ad', 'AD'] },
  ]);
  // A country of a group is no choice of its own: it would say the group.
  const codes = choices.regions.map(({ code }: { code: string }) => code);
  expect(codes).toContain('US');
  for (const held of ['SE', 'NO', 'ES']) expect(codes).not.toContain(held);
  expect(codes.length).toBeGreaterThan(240);
  const aliasesOf = (code: string) => choices.regions.find((one: { code: string }) => one.code === code).aliases;
  expect(aliasesOf('GB')).toEqual(expect.arrayContaining(['GBR', 'uk', 'great britain', 'england']));
  expect(aliasesOf('US')).toEqual(expect.arrayContaining(['usa', 'america']));
  expect(gzipSync(JSON.stringify(choices)).length).toBeLessThan(8000);
  expect(choices.reasons.map(({ code }: { code: string }) => code)).toEqual([
    ...['shipping', 'return', 'damage', 'product', 'payment', 'other'],
  ]);
});

test('values carry the prefix of the connection, and those that its reasons were mapped from', async () => {
  const other = await createWorld();
  const own = await settle(other, {
    tagPrefix: 'dl_',
    partnerFieldId: '11',
    reasonValues: { form_9: 'return', dl_reason_return: 'return' },
  });
  const choices = (await own.get('/sidebar/v1/choices', secret)).json();
  expect(choices.partners[1].values.slice(0, 2)).toEqual(['dl_partner_nord', 'nord']);
  expect(choices.reasons[1]).toEqual({
    code: 'return',
    name: 'Return',
    values: ['dl_reason_return', 'form_9', 'return'],
  });
  const fields = {
    partner: '11',
    region: null,
    reason: null,
    orderNumber: null,
    notAboutAnOrder: { empty: ['11'] },
  };
  expect((await own.ticket('1')).fields).toEqual(fields);
  // A ticket that is being written asks for no ticket.
  expect(choices.fields).toEqual(fields);
});
