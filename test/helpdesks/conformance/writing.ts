import { expect } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { FieldsRefused } from '../../../src/helpdesks/port.ts';
import { present, thrownBy } from '../../conformance/check.ts';
import { type Check, openTicket, pullOne, withDesk } from './check.ts';

const ours = ['partner_nord', 'region_se'];
const sorted = (tags: Iterable<string>) => [...tags].toSorted();

export const writingChecks: readonly Check[] = [
  withDesk('tags are added beside those of others, and doing it twice is doing it once', async (world) => {
    const id = await openTicket(world);
    for (const one of [world.client(), world.client()]) {
      await one.changeTags(id, { add: ours, remove: [] });
      expect(sorted(world.desk.tagsOf(id))).toEqual(sorted(['vip', ...ours]));
    }
    expect(sorted((await pullOne(world.client(), id, 'no')).tags)).toEqual(sorted(['vip', ...ours]));
  }),
  withDesk('tags are taken away alone, and what is not there is no error', async (world) => {
    const id = await openTicket(world);
    const client = world.client();
    await client.changeTags(id, { add: ours, remove: [] });
    for (let time = 0; time < 2; time += 1) {
      await client.changeTags(id, { add: ['partner_sud'], remove: ['partner_nord', 'partner_never'] });
      expect(sorted(world.desk.tagsOf(id))).toEqual(sorted(['vip', 'partner_sud', 'region_se']));
    }
  }),
  withDesk('a tag that somebody adds in the same moment stays', async (world) => {
    const id = await openTicket(world);
    const { upstream, desk, client } = world;
    let added = false;
    upstream.before = ({ method, url }) => {
      if (!added && method !== 'GET' && !url.includes('search')) {
        added = true;
        desk.tag(id, 'urgent');
      }
      return 'pass';
    };
    await client().changeTags(id, { add: ours, remove: ['vip'] });
    expect(added).toBe(true);
    expect(sorted(desk.tagsOf(id))).toEqual(sorted(['urgent', ...ours]));
  }),
  withDesk('an empty answer to a write is a success', async (world) => {
    const id = await openTicket(world);
    for (const status of [200, 202, 204]) {
      world.upstream.after = (answer, { method, url }) =>
        method === 'GET' || url.includes('search') || answer.status >= 300 ? answer : { ...answer, status, body: '' };
      await world.client().changeTags(id, { add: [`partner_p${status}`], remove: [] });
      expect(world.desk.tagsOf(id)).toContain(`partner_p${status}`);
    }
  }),
  withDesk('a ticket that is gone is told as such', async ({ client, desk }) => {
    const error = await thrownBy(client().changeTags(desk.absentId, { add: ours, remove: [] }));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ retryable: false, status: 404 });
  }),
  withDesk('a tag that the helpdesk would change is not written', async (world) => {
    const id = await openTicket(world);
    for (const odd of ['Partner Nord', 'partner,nord', ''])
      await thrownBy(world.client().changeTags(id, { add: [odd], remove: [] }));
    expect(world.desk.tagsOf(id)).toEqual(['vip']);
  }),
  withDesk(
    'mapped fields say what our tags say',
    async (world) => {
      const id = await openTicket(world);
      const { desk, client } = world;
      const partnerOf = present(desk.partnerOf, 'partner field');
      await client().changeTags(id, { add: ours, remove: [] });
      expect(partnerOf(id)).toBe('nord');
      await client().changeTags(id, { add: ['partner_sud'], remove: ['partner_nord'] });
      expect(partnerOf(id)).toBe('sud');
      await client().changeTags(id, { add: [], remove: ['partner_sud'] });
      expect(partnerOf(id)).toBeNull();
    },
    'partner field',
  ),
  withDesk('tags that are written are not called failed because the fields are closed to us', async (world) => {
    const { desk, client, upstream } = world;
    const ticket = async (held: readonly string[]): Promise<string> => {
      upstream.before = () => 'pass';
      const id = await openTicket(world);
      if (held.length > 0) await client().changeTags(id, { add: held, remove: [] });
      upstream.seen.length = 0;
      return id;
    };
    const changes = [
      { held: [], add: ours, remove: [] },
      { held: ours, add: [], remove: ours },
    ];
    for (const { held, ...change } of changes) {
      const first = await ticket(held);
      await client().changeTags(first, change);
      const callOf = ({ method, url }: { method: string; url: string }, id: string): string =>
        `${method} ${new URL(url, upstream.url).pathname.replaceAll(id, '{id}')}`;
      const calls = new Set(upstream.seen.map((seen) => callOf(seen, first)));
      expect(calls.size).toBeGreaterThan(0);
      for (const call of calls)
        for (const status of [400, 402, 403, 422]) {
          const id = await ticket(held);
          upstream.before = (seen) => (callOf(seen, id) === call ? { status, body: '{"error":"no"}' } : 'pass');
          const error = await thrownBy(client().changeTags(id, change));
          const isWritten = ours.every((tag) => desk.tagsOf(id).includes(tag) === held.length < 1);
          const saysSo = error === undefined || error instanceof FieldsRefused;
          expect({ call, status, saysSo }).toEqual({ call, status, saysSo: isWritten });
        }
    }
  }),
  withDesk('a person’s choice is told with who and when, what we wrote is not', async (world) => {
    const { desk, client, clock } = world;
    const [chosen, tagged, byUs] = [await openTicket(world), await openTicket(world), await openTicket(world)];
    if (desk.choosePartner) desk.choosePartner(chosen, 'sud');
    else desk.tag(chosen, 'partner_sud');
    desk.tag(tagged, 'partner_nord');
    await client().changeTags(byUs, { add: ours, remove: [] });
    await clock.sleep(60_000);
    const choicesOf = async (id: string) => (await pullOne(client(), id)).history?.choices?.partner ?? [];
    const [field] = await choicesOf(chosen);
    expect(field).toMatchObject(desk.choosePartner ? { source: 'field', value: 'sud' } : { added: ['sud'] });
    expect((await choicesOf(tagged)).at(-1)).toMatchObject({ source: 'tag', added: ['nord'], removed: [], left: [] });
    for (const choice of [...(await choicesOf(chosen)), ...(await choicesOf(tagged))]) {
      expect(choice.by).not.toBe(desk.apiUserId);
      expect(choice.at).toBeInstanceOf(Date);
    }
    expect(await choicesOf(byUs)).toEqual([]);
  }),
  withDesk('where we may not read who chose, nothing says that nobody did', async (world) => {
    const { desk, client, clock, upstream } = world;
    const id = await openTicket(world);
    if (desk.choosePartner) desk.choosePartner(id, 'sud');
    else desk.tag(id, 'partner_sud');
    await clock.sleep(60_000);
    upstream.seen.length = 0;
    const whole = (await pullOne(client(), id)).history?.choices;
    expect(whole?.partner.length).toBeGreaterThan(0);
    const pathOf = (url: string): string => new URL(url, upstream.url).pathname;
    const paths = [...new Set(upstream.seen.map(({ url }) => pathOf(url)))];
    expect(paths.length).toBeGreaterThan(1);
    for (const path of paths)
      for (const answer of [
        { status: 400, body: '{"error":"no"}' },
        { status: 403, body: '{"error":"no"}' },
        { status: 404, body: '{"error":"no"}' },
        { status: 404, body: '<html>No</html>', headers: { 'content-type': 'text/html' } },
      ]) {
        upstream.before = ({ url }) => (pathOf(url) === path ? answer : 'pass');
        const pulled = await client()
          .pullTickets([{ externalId: id, withHistory: 'yes' }])
          .catch(() => null);
        // Nothing said, or all of it.
        const choices = pulled?.tickets[0]?.history?.choices;
        if (choices) expect(choices, `${path} answers ${answer.status}`).toEqual(whole);
      }
  }),
  withDesk('without any mapped field tickets are read and tagged all the same', async (world, { adapter }) => {
    const id = await openTicket(world);
    const mapped = Object.keys(adapter.settings.shape).filter((key) => key.endsWith('FieldId'));
    const client = world.client(Object.fromEntries(mapped.map((key) => [key, undefined])));
    await client.changeTags(id, { add: ours, remove: [] });
    const ticket = await pullOne(client, id);
    expect(sorted(ticket.tags)).toEqual(sorted(['vip', ...ours]));
    expect(ticket).toMatchObject({ orderNumber: null, reason: null });
  }),
  withDesk(
    'many tickets are tagged at once where the helpdesk can',
    async (world) => {
      const changeTagsOfMany = present(world.client().changeTagsOfMany, 'changeTagsOfMany');
      const ids = [await openTicket(world), await openTicket(world), await openTicket(world)];
      const changes = ids.map((externalId) => ({ externalId, add: ours, remove: ['vip'] }));
      for (let time = 0; time < 2; time += 1) {
        const { refused } = await changeTagsOfMany([
          ...changes,
          { externalId: world.desk.absentId, add: ours, remove: [] },
        ]);
        expect(refused.map(({ externalId }) => externalId)).toEqual([world.desk.absentId]);
        for (const id of ids) expect(sorted(world.desk.tagsOf(id))).toEqual(sorted(ours));
      }
    },
    'changeTagsOfMany',
  ),
];
