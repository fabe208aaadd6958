import cookie from '@fastify/cookie';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import { jsonSchemaTransform, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { problemAnswer } from './platform/http/answers.ts';
import { neverStoreApi } from './platform/http/no-store.ts';
import { answerProblem, answerProblems } from './platform/http/problem.ts';
import { refuseUnknownQuery } from './platform/http/strict-query.ts';
import type { Log } from './platform/log.ts';

/** Plugins by their concern; each registers its own routes in its own scope. */
interface AppParts {
  readonly log: Log;
  readonly version: string;
  /** Where the server is reached, for the API's description. */
  readonly publicUrl: string;
  readonly parts: readonly FastifyPluginAsync[];
}

/** Longest path and query we answer; a survey token has 43 characters. */
const longestParam = 200;

const withoutRoutes = async (log: Log): Promise<FastifyInstance> => {
  const app = Fastify({
    logger: false,
    routerOptions: { maxParamLength: longestParam },
    genReqId: () => crypto.randomUUID(),
    requestTimeout: 30_000,
    frameworkErrors: (error, request, reply) => answerProblem(log, error, request, reply),
    forceCloseConnections: 'idle',
    // A delivery that comes on an open connection while we stop is stored: a 503 without Retry-After would lose it.
    return503OnClosing: false,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  // The routes' types hold their answers to what is described; to parse each row again would cost more than the report.
  app.setSerializerCompiler(() => JSON.stringify);
  answerProblems(app, log);
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    // Else the connection would be kept open for the next request, and the stop would wait for it.
    if (closing) reply.header('connection', 'close');
    if (!reply.hasHeader('x-content-type-options')) reply.header('x-content-type-options', 'nosniff');
  });
  await app.register(cookie);
  return app;
};

/** The Fastify instance of a process without the web role: these routes alone, no API and no description of it. It never listens. */
export const buildProbes = async ({ log, parts }: Pick<AppParts, 'log' | 'parts'>): Promise<FastifyInstance> => {
  const app = await withoutRoutes(log);
  for (const part of parts) await app.register(part);
  return app;
};

/** Every route is described with the problems it answers faults with. */
const withProblems: typeof jsonSchemaTransform = (route) => {
  const described = route.schema as { response?: Record<string, unknown> } | undefined;
  const problems = { description: 'A fault', content: { 'application/problem+json': { schema: problemAnswer } } };
  return jsonSchemaTransform({
    ...route,
    schema: described && { ...described, response: { ...described.response, default: problems } },
  } as Parameters<typeof jsonSchemaTransform>[0]);
};

/** The Fastify instance with every route; it never listens. */
export const buildApp = async ({ log, version, publicUrl, parts }: AppParts): Promise<FastifyInstance> => {
  const app = await withoutRoutes(log);
  refuseUnknownQuery(app);
  neverStoreApi(app);
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'Deskledger',
        version,
        description: 'What each sales partner and each region costs in support, and why.',
      },
      servers: [{ url: publicUrl }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: withProblems,
  });
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.register(swaggerUi, { routePrefix: '/api/docs' });
  for (const part of parts) await app.register(part);
  return app;
};
