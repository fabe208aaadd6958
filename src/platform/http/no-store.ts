import type { FastifyInstance } from 'fastify';

/**
 * No answer of the API or to a sidebar is kept by a browser or proxy: it holds figures of the caller's permission alone. By the route too, for
 * the router also takes addresses written with escapes.
 */
export const neverStoreApi = (app: FastifyInstance): void => {
  app.addHook('onRequest', async (request, reply) => {
    const paths = [request.routeOptions.url ?? '', request.url];
    if (paths.some((path) => /^\/(?:api|sidebar)\/v1(?:[/?]|$)/.test(path))) reply.header('cache-control', 'no-store');
  });
};
