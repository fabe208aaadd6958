import type { FastifyPluginAsync } from 'fastify';
import { AppError, InvalidInput, NotFound } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { within } from '../../platform/deadline.ts';
import type { Log } from '../../platform/log.ts';
import type { Directory } from '../directory/index.ts';
import type { Receiver } from './receive.ts';
import { type Adapters, tellerOf } from './told.ts';
import type { Refusal } from './trouble.ts';

/** Zendesk's largest bodies stay far below; anything larger is no event. */
export const largestBodyBytes = 1_048_576;

/** How long the look for a delivery's connection may take; what the database holds is remembered for some seconds. */
const knownWithinMs = 2000;

/** What the edge counts: connection and outcome of each request. */
export type CountDelivery = (
  connection: string,
  outcome: 'new' | 'duplicate' | 'quarantined' | 'ignored' | 'refused' | 'unavailable',
) => void;

/**
 * POST /webhooks/{key}, of helpdesks and stores: verifies the raw bytes, stores them, answers. 202 new, 200 already had, 401 or 400 not ours (nothing
 * stored), 404 no such path, 413 too large, 503 with Retry-After when nothing can be written within 6 s or too much
 * waits already (a 500 is never retried by Zendesk, a 503 is).
 */
export const webhookRoutes =
  (deps: {
    readonly directory: Directory;
    readonly adapters: Adapters;
    readonly receiver: Receiver;
    readonly clock: Clock;
    readonly log: Log;
    readonly count: CountDelivery;
    readonly observeAck: (seconds: number) => void;
    /** Told of deliveries that another account seems to send. */
    readonly refused?: (connectionId: number, refusal: Refusal) => void;
  }): FastifyPluginAsync =>
  async (app) => {
    const { directory, adapters, receiver, clock, log, count } = deps;
    app.removeAllContentTypeParsers();
    app.addHook('onResponse', async (_request, reply) => deps.observeAck(reply.elapsedTime / 1000));
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: largestBodyBytes }, (_request, body, done) =>
      done(null, body),
    );

    const options = { bodyLimit: largestBodyBytes, schema: { hide: true } };
    app.post<{ Params: { key: string } }>('/webhooks/:key', options, async (request, reply) => {
      const now = clock.now();
      const connection = await within(
        directory.connections.byWebhookKey(request.params.key),
        knownWithinMs,
        'the database did not tell the connection',
      ).catch((error: unknown) => {
        throw new AppError(
          'unavailable',
          'The connections cannot be read at the moment; send the delivery again later.',
          { cause: error },
        );
      });
      const teller = connection && tellerOf(adapters, connection);
      if (!connection || !teller)
        throw new NotFound(
          'No connection has this webhook address; copy the address that `deskledger connect` printed.',
        );
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
      );
      const verification = teller.verify({ headers, body, now });
      if (verification.outcome === 'refused') {
        count(connection.name, 'refused');
        const { reason, foreign } = verification;
        const account = foreign?.header && { header: foreign.header, value: headers[foreign.header] ?? '' };
        if (foreign) deps.refused?.(connection.id, { reason, ...(account && { account }) });
        if (verification.status === 401) throw new AppError('unauthorized', verification.reason);
        throw new InvalidInput(verification.reason, [{ field: 'body', reason: verification.reason }]);
      }
      const kept = Object.fromEntries(
        teller.keptHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
      );
      const delivery = verification.outcome === 'verified' ? verification.delivery : null;
      const receipt = await receiver
        .receive({
          connectionId: connection.id,
          deliveryKey:
            verification.outcome === 'verified' ? verification.delivery.deliveryKey : verification.deliveryKey,
          headers: kept,
          body,
          eventType: delivery?.eventType ?? null,
          ticketExternalId: delivery?.ticketExternalId ?? null,
          urgency: delivery?.urgency ?? 'ignore',
          ...(adapters.stores.has(connection.kind) && { changed: delivery?.changed ?? null }),
          unreadable: verification.outcome === 'unreadable' ? verification.reason : null,
          receivedAt: now,
        })
        .catch((error: unknown) => {
          count(connection.name, 'unavailable');
          log.error({ step: 'receive', connection: connection.id, err: error }, 'delivery not stored');
          throw new AppError('unavailable', 'The delivery could not be stored; send it again later.', { cause: error });
        });
      count(
        connection.name,
        receipt === 'duplicate'
          ? 'duplicate'
          : delivery === null
            ? 'quarantined'
            : delivery.urgency === 'ignore' || (delivery.ticketExternalId === null && delivery.changed === null)
              ? 'ignored'
              : 'new',
      );
      return reply.code(receipt === 'new' ? 202 : 200).send({ status: receipt });
    });
  };
