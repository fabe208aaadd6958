import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { surveySchema, ticketSchema } from '../../../src/helpdesks/gorgias/schema.ts';
import { createScoreWriter } from '../../../src/helpdesks/gorgias/score.ts';
import { customer, minuteAt, ticketId, ticketJson } from './support.ts';

const score = {
  key: 'response 5',
  requesterId: '1',
  score: 4,
  sentAt: minuteAt(60),
  answeredAt: minuteAt(90),
  language: 'sv',
};
const unanswered = { id: 77, ticket_id: Number(ticketId), customer_id: 42, score: null, body_text: null, meta: null };

const account = (survey: Record<string, unknown> | null, { appears = false, hidden = false } = {}) => {
  let held = appears ? null : survey;
  const calls: [string, ...unknown[]][] = [];
  const client: Parameters<typeof createScoreWriter>[0] = {
    ticket: async () => ticketSchema.parse(ticketJson({ satisfaction_survey: held })),
    async survey(id) {
      if (hidden) throw new UpstreamError('gone', { status: 404, retryable: false });
      calls.push(['get', id]);
      return surveySchema.parse(held);
    },
    async makeSurvey(body) {
      calls.push(['post', body]);
      if (!appears) return;
      held = survey;
      throw new UpstreamError('exists', { status: 409, retryable: false });
    },
    async changeSurvey(id, body) {
      calls.push(['put', id, body]);
    },
  };
  return { write: () => createScoreWriter(client)(ticketId, score), calls };
};
const written = {
  ticket_id: Number(ticketId),
  score: 4,
  body_text: null,
  sent_datetime: '2026-03-01T09:00:00.000Z',
  scored_datetime: '2026-03-01T09:30:00.000Z',
  should_send_datetime: null,
  meta: { source: 'deskledger', key: 'response 5', lang: 'sv' },
};

describe('a score', () => {
  it('becomes the ticket’s survey, which Gorgias does not send', async () => {
    const { write, calls } = account(null);
    await write();
    expect(calls).toEqual([['post', { ...written, customer_id: Number(customer) }]]);
  });

  it('fills in the survey that Gorgias made and nobody answered', async () => {
    const { write, calls } = account({ ...unanswered, meta: { theirs: 1 } });
    await write();
    expect(calls.at(-1)).toEqual(['put', '77', { ...written, customer_id: 42, meta: { theirs: 1, ...written.meta } }]);
  });

  it('replaces our own earlier one, and writes the same only once', async () => {
    const earlier = account({ ...unanswered, score: 2, meta: written.meta });
    await earlier.write();
    expect(earlier.calls.at(-1)?.[0]).toBe('put');
    const same = account({ ...unanswered, score: 4, meta: written.meta });
    await same.write();
    expect(same.calls).toEqual([['get', '77']]);
  });

  it('leaves what the customer told Gorgias', async () => {
    const { write, calls } = account({ ...unanswered, score: 1 });
    await write();
    expect(calls).toEqual([['get', '77']]);
  });

  it('goes into the survey that Gorgias made in the same moment', async () => {
    const { write, calls } = account(unanswered, { appears: true });
    await write();
    expect(calls.map(([call]) => call)).toEqual(['post', 'get', 'put']);
  });

  it('is written anew where the survey it named is gone', async () => {
    const { write, calls } = account(unanswered, { hidden: true });
    await write();
    expect(calls.map(([call]) => call)).toEqual(['post']);
  });
});
