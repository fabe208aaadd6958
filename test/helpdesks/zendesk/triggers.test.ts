import { describe, expect, it } from 'vitest';
import { createTriggers } from '../../../src/helpdesks/zendesk/triggers.ts';
import type { Http } from '../../../src/platform/http/client.ts';

const trigger = (id: number, webhook: string) => ({
  id,
  title: 'Tell',
  active: true,
  actions: [{ field: 'notification_webhook', value: [webhook, '{}'] }],
});

describe('the trigger of a webhook', () => {
  it('bug: one on a later page of an account that pages by number was made twice', async () => {
    const asked: (string | undefined)[] = [];
    const pages = [
      { triggers: [trigger(1, 'w1')], next_page: 'https://loom.zendesk.com/api/v2/triggers?page=2' },
      { triggers: [trigger(2, 'w2')], next_page: null },
    ];
    const http = {
      read: async ({ link }: { link?: string }, schema: { parse(body: unknown): unknown }) => {
        asked.push(link);
        return schema.parse(pages[asked.length - 1]);
      },
    } as unknown as Http;
    expect(await createTriggers(http).find('w2')).toMatchObject({ id: '2' });
    expect(asked).toEqual([undefined, pages[0]?.next_page]);
  });
});
