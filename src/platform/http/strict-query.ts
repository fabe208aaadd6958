import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

/**
 * A route of the API that names no query parameters takes none: one that is misspelt must not be ignored. Webhooks, survey
 * and sign-in links are left alone, for mail programs and proxies add parameters of their own to them.
 */
export const refuseUnknownQuery = (app: FastifyInstance): void => {
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/api/v1/')) return;
    route.schema = { ...route.schema, querystring: route.schema?.querystring ?? z.strictObject({}) };
  });
};
