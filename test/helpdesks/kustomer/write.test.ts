import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import { FieldsRefused } from '../../../src/helpdesks/port.ts';
import { thrownBy, withNock } from '../nocked.ts';
import {
  api,
  clockAt,
  connect,
  conversation,
  conversationId,
  conversationJson,
  path,
  tagIds,
  tags,
} from './support.ts';

withNock();

describe('changeTags', () => {
  const change = (tag: { add?: readonly string[]; remove?: readonly string[] }, client = connect()) =>
    client.changeTags(conversationId, { add: tag.add ?? [], remove: tag.remove ?? [] });

  it('adds and takes away by name what differs, and mirrors it in the attributes', async () => {
    conversation({ tags: [tagIds.nord, tagIds.vip], custom: { partnerStr: 'nord', otherStr: 'x' } });
    tags();
    api().post(path('/tags'), ['partner_sud']).reply(200, {});
    api().delete(path('/tags'), ['partner_nord']).reply(204);
    api()
      .put(path(), { custom: { partnerStr: 'sud' } })
      .reply(200, { data: conversationJson() });
    await change({ add: ['partner_sud'], remove: ['partner_nord', 'region_dk'] });
  });

  it('writes nothing where all is as it should be', async () => {
    conversation({ tags: [tagIds.nord], custom: { partnerStr: 'partner_nord', regionStr: 'SE' } });
    tags();
    await change({ add: ['partner_nord'], remove: ['region_dk'] });
  });

  it('empties an attribute whose tag goes without another in its place', async () => {
    conversation({ tags: [tagIds.nord], custom: { partnerStr: 'nord', regionStr: 'dk' } });
    tags();
    api().delete(path('/tags'), ['partner_nord']).reply(200, {});
    api()
      .put(path(), { custom: { partnerStr: null } })
      .reply(200, {});
    await change({ remove: ['partner_nord', 'region_se'] });
  });

  it('keeps a value that one of several tags says, however it is written', async () => {
    conversation({ tags: [tagIds.nord], custom: { partnerStr: 'Nord', regionStr: 'Nord-Ost' } });
    tags();
    api().post(path('/tags'), ['partner_sud', 'region_nord_ost']).reply(200, {});
    await change({ add: ['partner_sud', 'region_nord_ost'] });
  });

  it('leaves a value that nobody mapped to the agent who wrote it', async () => {
    conversation({ tags: [tagIds.nord], custom: { partnerStr: 'somebody' } });
    tags();
    api().delete(path('/tags'), ['partner_nord']).reply(200, {});
    await change({ remove: ['partner_nord'] });
  });

  it('sends the other form where Kustomer takes no bare list, and keeps to it', async () => {
    const client = connect({ partnerFieldId: undefined, regionFieldId: undefined });
    conversation();
    api().post(path('/tags'), ['partner_nord']).reply(400, {});
    api()
      .post(path('/tags'), { tags: ['partner_nord'] })
      .reply(200, {});
    await change({ add: ['partner_nord'] }, client);
    conversation();
    api()
      .post(path('/tags'), { tags: ['partner_sud'] })
      .reply(200, {});
    await change({ add: ['partner_sud'] }, client);
  });

  it.each([400, 402, 403, 422])(
    'bug: without a right to attributes (%i) tags that were written were called failed',
    async (status) => {
      conversation();
      api().post(path('/tags'), ['partner_nord', 'region_se']).reply(200, {});
      const isForbidden = status === 402 || status === 403;
      api()
        .put(path())
        .times(isForbidden ? 1 : 3)
        .reply(status, {});
      const error = await thrownBy(change({ add: ['partner_nord', 'region_se'] }));
      expect(error).toBeInstanceOf(FieldsRefused);
      expect(error).toMatchObject({ fields: ['partnerStr', 'regionStr'] });
    },
  );

  it('says 404 of a conversation that is gone', async () => {
    api()
      .get(path())
      .reply(404, { errors: [{ code: 'not_found' }] });
    expect(await thrownBy(change({ add: ['partner_nord'] }))).toMatchObject({ status: 404 });
  });

  it('waits for a record that took too many updates, and stops no reading meanwhile', async () => {
    const { clock, slept } = clockAt();
    const client = connect({ partnerFieldId: undefined }, clock);
    conversation();
    api().post(path('/tags')).reply(429, {}, { 'retry-after': '7' });
    api().post(path('/tags')).reply(200, {});
    await change({ add: ['partner_nord'] }, client);
    expect(slept).toEqual([7000]);
  });

  it('makes no tag of odd characters', async () => {
    expect(await thrownBy(change({ add: ['Partner Nord'] }))).toBeInstanceOf(InvalidInput);
  });
});
