import { expect, it } from 'vitest';
import { z } from 'zod';
import { pagesOf } from '../../../src/helpdesks/zendesk/pages.ts';
import type { Http } from '../../../src/platform/http/client.ts';

it('a list that does not end is an error, not a short list', async () => {
  let calls = 0;
  const http: Pick<Http, 'read'> = {
    async read(_, schema) {
      calls++;
      return schema.parse({ meta: { has_more: true, after_cursor: `${calls}` } });
    },
  };
  const page = z.object({ meta: z.object({ has_more: z.boolean(), after_cursor: z.string() }) });
  const read = async () => {
    for await (const { meta } of pagesOf(http, { path: '/api/v2/things' }, page, { mostPages: 3 }))
      expect(meta.after_cursor).toBe(`${calls}`);
  };
  await expect(read()).rejects.toThrow('/api/v2/things of Zendesk has more than 3 pages');
  expect(calls).toBe(3);
});
