import { beforeAll, expect, it } from 'vitest';
import type { Product } from '../src/compose.ts';
import { exportable, exportList, fileText } from '../src/export.ts';
import { importText } from '../src/import.ts';
import { allMappingRules, allTicketRules } from './support/all-rules.ts';
import { testProduct } from './support/product.ts';
import { standingClock } from './support/standing-clock.ts';

let product: Product;

const files: Readonly<Record<string, string>> = {
  partners: 'code,name,aliases\nnord,Nord,Nordhem|@nord\nsud,"Sud, SA",\n',
  regions: 'region,name,countries\nnordics,Nordics,SE|DK\nwest,-West,FR\n',
  rates:
    'scope,key,hourly,currency,valid_from,burden,shrinkage,occupancy\ndefault,,30,USD,2026-01-01,,,\nrole,senior,41.505,EUR,2026-02-01,30,12.5,80\nagent,desk: one:7,50,USD,2026-03-01,,,\nagent,=2nd desk:7,52,USD,2026-03-01,,,\nrole,-night,33,USD,2026-03-01,,,\nteam,@home,34,USD,2026-03-01,,,\n',
  'cost-basis': 'applied,valid_from\nabsorbed,2026-01-01\ngiven,2026-03-01\n',
  fx: 'date,base,quote,rate\n2026-02-26,EUR,RSD,117.2\n2026-02-27,EUR,RSD,117.25\n',
  'own-fx':
    'base,quote,rate,valid_from,valid_to,source\nUSD,AED,3.6725,2020-01-01,,"Central Bank, UAE"\nEUR,HRK,7.5345,2023-01-01,2026-12-31,fixed\nUSD,QAR,3.64,2020-01-01,,@CBQ\n',
  constants: 'name,channel,seconds,valid_from\ncap,*,7200,2026-01-01\npublic_reply,chat,120,2026-02-01\n',
  payroll: 'month,amount,currency\n2026-01,84000.00,USD\n2026-02,9000.5,EUR\n',
  'mapping-rules': JSON.stringify(allMappingRules),
  'ticket-rules': JSON.stringify(allTicketRules),
};

const write = { dryRun: false, actor: 'test' };

beforeAll(async () => {
  ({ product } = await testProduct({ clock: standingClock() }));
  for (const [name, subdomain] of [
    ['desk: one', 'acme'],
    ['=2nd desk', 'acme2'],
  ])
    await product.directory.connections.create({
      kind: 'zendesk',
      settings: { name, subdomain, email: 'api@example.com', apiToken: 'token' },
    });
  for (const [what, text] of Object.entries(files)) await importText(product, what, text, write);
});

it('knows no other list than is tried here', () => {
  expect(exportable.toSorted()).toEqual(Object.keys(files).toSorted());
});

it.each(exportable)('bug: %s could not be had in the form in which they are imported', async (what) => {
  const text = fileText(await exportList(product, what));
  const rows = what.endsWith('-rules')
    ? JSON.parse(files[what] ?? '').length
    : (files[what] ?? '').split('\n').length - 2;
  expect(rows).toBeGreaterThan(1);
  const again = await importText(product, what, text, write);
  expect(again).toMatchObject({ rows, unchanged: rows, added: 0, changed: 0, removed: 0 });
  expect(fileText(await exportList(product, what))).toBe(text);
});

it('names what can be had', async () => {
  await expect(exportList(product, 'wages')).rejects.toThrow(`one of ${exportable.join(', ')} can`);
});

it('bug: a name that every object has, was taken for a list', async () => {
  const no = expect.objectContaining({ faults: [{ field: 'what', reason: 'unknown' }] });
  await expect(exportList(product, 'constructor')).rejects.toThrow(no);
  await expect(importText(product, 'constructor', '', write)).rejects.toThrow(no);
});
