import nock from 'nock';
import { describe, expect, it } from 'vitest';
import { LimitReached, UpstreamError } from '../../../src/core/errors.ts';
import { troubleOf } from '../../../src/features/ingest/trouble.ts';
import { connectZendesk } from '../../../src/helpdesks/zendesk/client.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { clockFrom, withNock } from '../nocked.ts';
import { apiUser, settingsWith, ticketJson } from './support.ts';

const origin = 'https://loom.zendesk.com';
const id = '4400000001';
const tagsPath = `/api/v2/tickets/${id}/tags`;
const held = { updatedAt: new Date('2026-03-01T09:00:00Z') };

const clockAt = () => clockFrom(new Date('2026-03-01T10:00:00Z'));
const connect = (clock: Clock = clockAt().clock) =>
  connectZendesk(settingsWith({ limitShare: 1 }), { clock, allowPrivate: false, apiUserId: apiUser });
const many =
  (...changes: { externalId: string; add: string[]; remove: string[] }[]) =>
  (clock?: Clock) =>
    connect(clock).changeTagsOfMany?.(changes);
const errorOf = (promise: Promise<unknown> | undefined) => promise?.then(() => null).catch((thrown: unknown) => thrown);

withNock();

const api = () => nock(origin);
const ticketIs = (tags: string[], updated_at: string) =>
  api()
    .get(`/api/v2/tickets/${id}.json`)
    .reply(200, { ticket: ticketJson({ tags, updated_at }) });
const stamped = (tags: string[], updated_stamp: string) => ({ tags, updated_stamp, safe_update: 'true' });

describe('a change of tags with the state that we hold', () => {
  it('names that state, without a further call', async () => {
    api()
      .put(tagsPath, stamped(['partner_nord'], '2026-03-01T09:00:00Z'))
      .reply(200, { tags: [] });
    await connect().changeTags(id, { add: ['partner_nord'], remove: [] }, held);
  });

  it('looks once between adding and taking away: adding made a new state', async () => {
    api()
      .put(tagsPath, stamped(['partner_nord'], '2026-03-01T09:00:00Z'))
      .reply(200, { tags: [] });
    ticketIs(['partner_nord', 'partner_sud'], '2026-03-01T09:30:00Z');
    api()
      .delete(tagsPath, stamped(['partner_sud'], '2026-03-01T09:30:00Z'))
      .reply(204);
    await connect().changeTags(id, { add: ['partner_nord'], remove: ['partner_sud', 'partner_west'] }, held);
  });

  it('on a clash looks, and writes what is still lacking on the state it found', async () => {
    api()
      .put(tagsPath, stamped(['partner_nord', 'region_se'], '2026-03-01T09:00:00Z'))
      .reply(409);
    ticketIs(['vip', 'region_se'], '2026-03-01T09:10:00Z');
    api()
      .put(tagsPath, stamped(['partner_nord'], '2026-03-01T09:10:00Z'))
      .reply(200, { tags: [] });
    await connect().changeTags(id, { add: ['partner_nord', 'region_se'], remove: [] }, held);
  });

  it('writes nothing more where a write whose answer was lost had landed', async () => {
    api()
      .put(tagsPath)
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    api()
      .put(tagsPath, stamped(['partner_nord'], '2026-03-01T09:00:00Z'))
      .reply(409);
    ticketIs(['vip', 'partner_nord'], '2026-03-01T09:10:00Z');
    await connect().changeTags(id, { add: ['partner_nord'], remove: [] }, held);
  });

  it('gives way after four clashes, to be made again later', async () => {
    api().put(tagsPath).times(4).reply(409);
    for (const minute of [10, 20, 30]) ticketIs(['vip'], `2026-03-01T09:${minute}:00Z`);
    const error = await errorOf(connect().changeTags(id, { add: ['partner_nord'], remove: [] }, held));
    expect(error).toMatchObject({ status: 409, retryable: true });
  });
});

const job = (status: string, results: unknown = null, jobId = 'abc') => ({
  job_status: { id: jobId, status, total: 2, progress: 0, message: null, results },
});
const updateMany = (ids: string, ticket: Record<string, string[]>) =>
  api().put('/api/v2/tickets/update_many.json', { ticket }).query({ ids });

describe('tags of many tickets', () => {
  it('go as one job per change, and the job is looked at until it is done', async () => {
    const { clock, slept } = clockAt();
    updateMany('1,2', { additional_tags: ['partner_nord'], remove_tags: ['partner_sud'] }).reply(200, job('queued'));
    updateMany('3', { additional_tags: ['partner_sud'] }).reply(200, job('completed', [{ id: 3, success: true }], 'x'));
    api().get('/api/v2/job_statuses/abc.json').reply(200, job('working'));
    api()
      .get('/api/v2/job_statuses/abc.json')
      .reply(
        200,
        job(
          'completed',
          [1, 2].map((one) => ({ id: one, action: 'update', success: true, status: 'Updated' })),
        ),
      );
    const change = { add: ['partner_nord'], remove: ['partner_sud'] };
    const answer = await many(
      { externalId: '1', ...change },
      { externalId: '3', add: ['partner_sud'], remove: [] },
      { externalId: '2', ...change },
      { externalId: '4', add: [], remove: [] },
    )(clock);
    expect(answer).toEqual({ refused: [] });
    expect(slept).toEqual([1000, 1000]);
  });

  it('hold a hundred tickets each', async () => {
    const changes = Array.from({ length: 250 }, (_, index) => ({
      externalId: String(index + 1),
      add: ['partner_nord'],
      remove: [],
    }));
    const sizes: number[] = [];
    api()
      .put('/api/v2/tickets/update_many.json')
      .query(({ ids }) => sizes.push(String(ids).split(',').length) > 0)
      .times(3)
      .reply(200, job('completed', []));
    await many(...changes)();
    expect(sizes.toSorted()).toEqual([100, 100, 50]);
  });

  it('name the tickets of a completed job that failed, by code and not by words', async () => {
    updateMany('1,2,3', { additional_tags: ['partner_nord'] }).reply(
      200,
      job('completed', [
        { id: 1, success: true },
        { id: 2, error: 'PermissionDenied', details: 'Mrs Kim may not' },
        { index: 2, success: false, error: 'Ticket of Mrs Kim' },
      ]),
    );
    const answer = await many(
      ...['1', '2', '3'].map((one) => ({ externalId: one, add: ['partner_nord'], remove: [] })),
    )();
    expect(answer?.refused).toEqual([
      { externalId: '2', reason: 'Zendesk did not change the tags of the ticket: PermissionDenied' },
      { externalId: '3', reason: 'Zendesk did not change the tags of the ticket: no reason given' },
    ]);
  });

  it('are given to another job where they met somebody’s save, for a while', async () => {
    const change = { additional_tags: ['partner_nord'] };
    const clash = { id: 2, success: false, error: 'DatabaseConflict' };
    updateMany('1,2', change).reply(200, job('completed', [{ id: 1, success: true }, clash]));
    updateMany('2', change)
      .twice()
      .reply(200, job('completed', [clash]));
    const answer = await many(...['1', '2'].map((one) => ({ externalId: one, add: ['partner_nord'], remove: [] })))();
    expect(answer?.refused.map(({ externalId }) => externalId)).toEqual(['2']);
  });

  it.each(['failed', 'killed'])('of a job that is %s are written again later', async (status) => {
    updateMany('1', { additional_tags: ['a'] }).reply(200, job(status, { success: false }));
    const error = await errorOf(many({ externalId: '1', add: ['a'], remove: [] })());
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ retryable: true });
  });

  it('bug: a job that still waited its turn was taken for a helpdesk that is away', async () => {
    const { clock, slept } = clockAt();
    updateMany('1', { additional_tags: ['a'] }).reply(200, job('queued'));
    api().get('/api/v2/job_statuses/abc.json').times(7).reply(200, job('working'));
    const error = await errorOf(many({ externalId: '1', add: ['a'], remove: [] })(clock));
    expect(error).toBeInstanceOf(LimitReached);
    expect(troubleOf(error, 'tags', 1)).toMatchObject({ area: 'tags', state: 'limited' });
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBe(30_000);
  });

  it('must be tags of ours, which Zendesk keeps as they are', async () => {
    await expect(many({ externalId: '1', add: ['two words'], remove: [] })()).rejects.toThrow(/no tag that we write/);
  });
});
