import { expect } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import type { HelpdeskClient, Score } from '../../../src/helpdesks/port.ts';
import { present, thrownBy } from '../../conformance/check.ts';
import { type Check, openTicket, pullOne, type World, withDesk } from './check.ts';

type Recorder = NonNullable<HelpdeskClient['recordScore']>;

/** A check of the customer's answer as the helpdesk keeps it; helpdesks that keep none have nothing to be held to. */
const scored = (
  name: string,
  work: (world: World, parts: { record: Recorder; score: Score }) => Promise<void>,
): Check =>
  withDesk(
    name,
    async (world) => {
      const { client, clock } = world;
      present(client().recordScore, 'recordScore');
      const sentAt = clock.now();
      await clock.sleep(60_000);
      const score: Score = {
        key: 'survey-7',
        // Of no customer: who wrote the ticket is known there.
        requesterId: '1',
        score: 4,
        sentAt,
        answeredAt: clock.now(),
        language: 'sv',
      };
      // A client of its own for each, as each worker has.
      const record: Recorder = async (id, given) => client().recordScore?.(id, given);
      await work(world, { record, score });
    },
    'recordScore',
  );

const scoresOf = ({ desk }: World, id: string): readonly number[] => {
  if (!desk.scoresOf) throw new Error('the desk does not say which scores it holds');
  return desk.scoresOf(id);
};

export const scoreChecks: readonly Check[] = [
  scored(
    'a score is recorded once, however often it is told, and follows a changed answer',
    async (world, { record, score }) => {
      const id = await openTicket(world);
      const other = await openTicket(world);
      const before = await pullOne(world.client(), id, 'no');
      for (let time = 0; time < 2; time += 1) {
        await record(id, score);
        expect(scoresOf(world, id)).toEqual([4]);
      }
      await record(id, { ...score, score: 2 });
      expect(scoresOf(world, id)).toEqual([2]);
      expect(scoresOf(world, other)).toEqual([]);
      const { tags, subject } = await pullOne(world.client(), id, 'no');
      expect({ tags, subject }).toEqual({ tags: before.tags, subject: before.subject });
    },
  ),

  scored('a score whose answer was lost is there once after the next try', async (world, { record, score }) => {
    const id = await openTicket(world);
    let lost = 0;
    world.upstream.after = (answer, { method }) => {
      if (method === 'GET' || lost > 0) return answer;
      lost += 1;
      return { ...answer, status: 502, body: '' };
    };
    // Whether the client tries again by itself is its own affair.
    await record(id, score).catch((error: unknown) => {
      expect(error).toMatchObject({ retryable: true });
    });
    await record(id, score);
    expect(lost).toBe(1);
    expect(scoresOf(world, id)).toEqual([4]);
  }),

  scored('an empty answer to a score is a success', async (world, { record, score }) => {
    for (const status of [200, 201, 204]) {
      const id = await openTicket(world);
      world.upstream.after = (answer, { method }) =>
        method === 'GET' || answer.status >= 300 ? answer : { ...answer, status, body: '' };
      await record(id, score);
      expect(scoresOf(world, id)).toEqual([4]);
    }
  }),

  scored('a score of a ticket that is gone is told as such', async (world, { record, score }) => {
    const error = await thrownBy(record(world.desk.absentId, score));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ retryable: false, status: 404 });
  }),
];
