import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { createInspection } from '../../../src/helpdesks/gorgias/inspect.ts';
import { type GorgiasField, settingSchema } from '../../../src/helpdesks/gorgias/schema.ts';
import type { Finding } from '../../../src/helpdesks/port.ts';
import { clockAt, fields, settingsWith } from './support.ts';

type Client = Parameters<typeof createInspection>[0]['client'];
const field = (id: string, deactivated_datetime: string | null = null): GorgiasField => ({
  id,
  label: 'x',
  deactivated_datetime,
  definition: null,
});

const inspect = async (client: Partial<Client> = {}, more: object = {}, used = 2) => {
  const inspection = createInspection({
    client: {
      mayRead: async () => null,
      accountSettings: async () => [],
      fields: async () => Object.values(fields).map((id) => field(id)),
      async *stats() {
        yield [{ ticketId: 1, handleTime: 5 }];
      },
      ...client,
    },
    settings: settingsWith({ limitShare: 0.5, ...more }),
    clock: clockAt().clock,
    bucket: { reading: () => ({ limit: 40, remaining: 40 - used }) },
  });
  return new Map(Map.groupBy(await inspection(), ({ topic }) => topic)) as Map<Finding['topic'], Finding[]>;
};
const levels = (findings: readonly Finding[] | undefined) => findings?.map(({ level }) => level);

describe('inspect', () => {
  it('finds nothing wrong with an account that is as it should be', async () => {
    const found = await inspect();
    expect([...found.values()].flat().map(({ level }) => level)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  });

  it('warns of Gorgias’ own survey, which is on by default', async () => {
    const data = {
      survey_interval: 2,
      send_survey_for_chat: true,
      send_survey_for_email: true,
      send_survey_for_help_center: false,
    };
    const found = await inspect({
      accountSettings: async () => [settingSchema.parse({ id: 1, type: 'satisfaction-surveys', data })],
    });
    expect(found.get('own survey')).toMatchObject([
      { level: 'warn', text: expect.stringContaining('chat, email'), next: expect.any(String) },
    ]);
  });

  it('names each right that the key lacks', async () => {
    const found = await inspect({
      mayRead: async (path) => (path === '/api/events' || path === '/api/users' ? 403 : null),
    });
    expect(levels(found.get('rights'))).toEqual(['fail', 'warn']);
  });

  it.each([
    ['is refused', 400, 'all costs will be estimated'],
    ['is disturbed', 500, 'could not be read'],
  ])('says so where handle time %s', async (_what, status, words) => {
    const found = await inspect({
      // biome-ignore lint/correctness/useYield: it fails before there is anything to yield
      async *stats() {
        throw new UpstreamError('answered', { status, retryable: status >= 500 });
      },
    });
    expect(found.get('handle time')).toMatchObject([{ level: 'warn', text: expect.stringContaining(words) }]);
  });

  it('says so where handle times do not name their tickets', async () => {
    const found = await inspect({
      async *stats() {
        yield [{ agentId: 1, handleTime: 5 }];
      },
    });
    expect(levels(found.get('handle time'))).toEqual(['warn']);
  });

  it('misses a mapped field that is gone or archived', async () => {
    const found = await inspect({
      fields: async () => [field(fields.order), field(fields.partner, '2026-01-01T00:00:00')],
    });
    expect(found.get('fields')?.map(({ level, text }) => [level, text.match(/\((\w+)\)/)?.[1]])).toEqual([
      ['fail', 'partnerFieldId'],
      ['fail', 'regionFieldId'],
      ['fail', 'reasonFieldId'],
    ]);
  });

  it('tells how to have fields where none are mapped', async () => {
    const none = {
      orderNumberFieldId: undefined,
      partnerFieldId: undefined,
      regionFieldId: undefined,
      reasonFieldId: undefined,
    };
    expect((await inspect({}, none)).get('fields')).toMatchObject([
      { level: 'ok', next: expect.stringContaining('partnerFieldId') },
    ]);
  });

  it('warns where other programs leave us little', async () => {
    expect(levels((await inspect({}, {}, 36)).get('quota'))).toEqual(['warn']);
    expect(levels((await inspect({}, {}, 20)).get('quota'))).toEqual(['ok']);
  });
});
