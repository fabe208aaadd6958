import { createHmac } from 'node:crypto';
import pLimit from 'p-limit';
import type { Account } from './account.ts';

/** The same order again for the same number. */
const shuffled = <Of>(list: readonly Of[], seed: number): Of[] => {
  let state = seed + 1;
  const keyed = list.map((one) => {
    state = (state * 48_271) % 2_147_483_647;
    return { one, key: state };
  });
  return keyed.sort((a, b) => a.key - b.key).map(({ one }) => one);
};

const mostReplays = 40;

/**
 * Sends what the helpdesk told once more, in another order, and all of it twice: as the deliveries they were, and with ids of
 * their own, so that every ticket they name is read again. Throws where one is not taken.
 */
export const replayDeliveries = async ({ product, zendesk, clock }: Account, seed: number): Promise<void> => {
  const stored = await product.db.query<{ body: Uint8Array }>(
    'select body from delivery where body is not null order by id',
  );
  const [webhook] = zendesk.registry.webhooks.values();
  if (!webhook) throw new Error('the account has no webhook');
  const bodies = shuffled(stored, seed)
    .slice(0, mostReplays)
    .map(({ body }) => Buffer.from(body).toString());
  const again = bodies.map((body, no) => JSON.stringify({ ...(JSON.parse(body) as object), id: `again-${no}` }));
  const timestamp = clock.now().toISOString();
  const send = async (body: string, tries = 1): Promise<void> => {
    const answer = await fetch(webhook.endpoint, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'x-zendesk-webhook-signature': createHmac('sha256', webhook.secret)
          .update(timestamp)
          .update(body)
          .digest('base64'),
        'x-zendesk-webhook-signature-timestamp': timestamp,
      },
    });
    // What it cannot store it asks for again.
    if (answer.status === 503 && tries < 20) return send(body, tries + 1);
    if (!answer.ok) throw new Error(`a delivery was answered ${answer.status}: ${await answer.text()}`);
  };
  const slots = pLimit(4);
  await Promise.all(shuffled([...bodies, ...again, ...again], seed + 7).map((body) => slots(() => send(body))));
};

/** How much there is of what only ever grows. */
export const growth = async ({ product: { db } }: Account): Promise<unknown> =>
  db.query(
    `select (select count(*) from posting) as postings, (select count(*) from work_entry) as entries,
            (select count(*) from attribution) as decisions, (select count(*) from invitation) as invitations,
            (select count(*) from "order") as orders, (select count(*) from refund) as refunds`,
  );
