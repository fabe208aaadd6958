import type {} from '@fastify/cookie';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { AppError } from '../../core/errors.ts';
import { escapeHtml } from '../../platform/http/escape-html.ts';
import type { Access, Identity } from './access.ts';
import { allScopes, type Scope } from './scopes.ts';

const sessionCookie = 'deskledger_session';

const identities = new WeakMap<FastifyRequest, Identity>();

/** Who asks; only behind `requireScope`. */
export const identityOf = (request: FastifyRequest): Identity => {
  const identity = identities.get(request);
  if (!identity) throw new AppError('unauthorized', 'Sign in first.');
  return identity;
};

/** Whether who asks may see what people earn (RULES.md section 10); only behind `requireScope`. */
export const maySeeRates = (request: FastifyRequest): boolean => identityOf(request).scopes.includes('rates');

/** At whose rates cost is told: each agent's own, or their role's pool for those without the scope `rates`. */
export type CostBasis = 'true' | 'pooled';

/** At whose rates who asks is told cost; only behind `requireScope`. */
export const costBasisFor = (request: FastifyRequest): CostBasis => (maySeeRates(request) ? 'true' : 'pooled');

const authenticate = async (access: Access, request: FastifyRequest): Promise<Identity | null> => {
  const header = request.headers.authorization;
  if (header !== undefined) {
    const [scheme, token] = header.split(' ');
    return scheme?.toLowerCase() === 'bearer' && token ? access.byToken(token) : null;
  }
  const cookie = request.cookies[sessionCookie];
  return cookie ? access.bySession(cookie) : null;
};

/** What to do for want of a scope: its holder's own, with the one that is lacking. */
const scopeLacking = ({ kind, scopes }: Identity, lacking: Scope): string => {
  const wanted = allScopes.filter((scope) => scope === lacking || scopes.includes(scope)).join(',');
  const next =
    kind === 'token'
      ? `make a token that has it (\`deskledger token create --name NAME --scopes ${wanted}\`)`
      : `ask an admin to give it to you (\`deskledger user sign-in --name NAME --scopes ${wanted}\`)`;
  return `This needs the scope "${lacking}": ${next}.`;
};

/** A hook (onRequest: strangers learn nothing of what is valid) that lets in whoever holds the scope, by bearer token or by session. A session's write must come from our own page. */
export const requireScope =
  (access: Access, scope: Scope): onRequestAsyncHookHandler =>
  async (request) => {
    const identity = await authenticate(access, request);
    if (!identity)
      throw new AppError(
        'unauthorized',
        'This needs `Authorization: Bearer <token>` (`deskledger token create`) or a session (open the sign-in link).',
      );
    if (!identity.scopes.includes(scope)) throw new AppError('refused', scopeLacking(identity, scope));
    if (
      identity.kind === 'session' &&
      request.method !== 'GET' &&
      request.method !== 'HEAD' &&
      request.headers['sec-fetch-site'] !== 'same-origin'
    )
      throw new AppError('refused', 'A change by session is taken from our own page alone.');
    identities.set(request, identity);
  };

const spentPage = (signInCommand: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Link used</title>
<style>:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{display:grid;place-items:center;min-height:100vh;margin:0;padding:1rem;box-sizing:border-box}
main{max-width:28rem}h1{font-size:1.4rem}code{font-size:.95em}</style></head>
<body><main><h1>This sign-in link was used or is too old</h1><p>Make a new one on the server: <code>${escapeHtml(signInCommand)}</code></p></main></body></html>`;

/**
 * GET /sign-in/{token} spends the one-time link, sets the session cookie (HttpOnly, SameSite=Lax and, behind https, Secure)
 * and leads to the page. The token leaves the address bar with the redirect.
 */
export const signInRoutes =
  (deps: {
    readonly access: Access;
    readonly secure: boolean;
    /** Makes another link, as a person types it on the server. */
    readonly signInCommand: string;
  }): FastifyPluginAsync =>
  async (app: FastifyInstance) => {
    const spent = spentPage(deps.signInCommand);
    // Programs that look at a link before a person does send HEAD: that must not spend it.
    app.get<{ Params: { token: string } }>(
      '/sign-in/:token',
      { exposeHeadRoute: false, schema: { hide: true } },
      async (request, reply) => {
        reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
        const session = await deps.access.openSession(request.params.token);
        if (!session) return reply.code(410).type('text/html; charset=utf-8').send(spent);
        return reply
          .setCookie(sessionCookie, session.token, {
            path: '/',
            httpOnly: true,
            sameSite: 'lax',
            secure: deps.secure,
            expires: session.expiresAt,
          })
          .redirect('/', 303);
      },
    );
    app.post('/sign-out', { schema: { hide: true } }, async (request, reply) => {
      const cookie = request.cookies[sessionCookie];
      if (cookie) await deps.access.closeSession(cookie);
      return reply.clearCookie(sessionCookie, { path: '/' }).redirect('/', 303);
    });
  };
