import cookie from '@fastify/cookie';
import Fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { pino } from 'pino';
import type { Access, Scope } from '../../../src/features/access/index.ts';
import { partnerBook, regionBook } from '../../../src/features/directory/index.ts';
import { pageRoutes } from '../../../src/features/reports/index.ts';
import { answerProblems } from '../../../src/platform/http/problem.ts';

/** The session that the fake access knows. */
export const session = 'se_known';

const unused = async (): Promise<never> => {
  throw new Error('the page asks for no such thing');
};

/** Access with one session, which a test may end or narrow. */
export const fakeAccess = () => {
  const held = { signedIn: true, scopes: ['read', 'write', 'rates'] as readonly Scope[] };
  const access: Access = {
    createToken: unused,
    revokeToken: unused,
    tokens: unused,
    byToken: async () => null,
    createSignIn: unused,
    revokeUser: unused,
    users: unused,
    everSignedIn: unused,
    openSession: unused,
    bySession: async (token) =>
      token === session && held.signedIn ? { kind: 'session', name: 'Ada', scopes: held.scopes } : null,
    closeSession: unused,
  };
  return { held, access };
};

/** The page's own routes with made-up names; other routes are the test's. */
export const pageApp = async (access: Access): Promise<FastifyInstance> => {
  const app = Fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerProblems(app, pino({ level: 'silent' }));
  await app.register(cookie);
  await app.register(
    pageRoutes({
      access,
      directory: {
        partners: async () =>
          partnerBook([
            { code: 'nord', name: 'Nord Living', aliases: [] },
            { code: 'sud', name: 'Sud Casa <b>', aliases: [] },
          ]),
        regions: async () => regionBook([{ code: 'nordics', name: 'The Nordics', countries: ['SE'] }]),
      },
      basis: { currency: 'USD', timeZone: 'UTC' },
      signInCommand: "DATA_DIR='a<b' npx deskledger user sign-in",
    }),
  );
  return app;
};
