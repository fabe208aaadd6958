import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import currencies from 'currency-codes';
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError, NotFound } from '../../core/errors.ts';
import { answers } from '../../platform/http/answers.ts';
import { escapeHtml } from '../../platform/http/escape-html.ts';
import { type Access, identityOf, maySeeRates, requireScope } from '../access/index.ts';
import type { Directory } from '../directory/index.ts';

const folder = new URL('../../dashboard/', import.meta.url);

/** Everything that is served under /assets/: nothing else of the disk can be asked for. */
export const assets = [
  'api.js',
  'base.css',
  'chart.js',
  'choices.js',
  'connections.js',
  'controls.js',
  'dom.js',
  'drawer.css',
  'drawer.js',
  'evidence.js',
  'format.js',
  'headline.js',
  'icon.svg',
  'main.js',
  'names.js',
  'page.css',
  'report-columns.js',
  'report-table.js',
  'report.css',
  'ticket-list.js',
  'ticket-view.js',
] as const;

const contentTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Own files alone: no inline script or style, nothing from elsewhere, no frame around it. */
const pagePolicy = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `img-src 'self'`,
  `connect-src 'self'`,
  `form-action 'self'`,
  `base-uri 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

const guard = (reply: FastifyReply): FastifyReply =>
  reply.headers({
    'content-security-policy': pagePolicy,
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
  });

const loadAsset = async (name: string) => {
  const body = await readFile(new URL(name, folder));
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  return { body, etag, type: contentTypes[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream' };
};

/** ISO 4217 minor digits where they are not two; `Intl` differs from ISO for HUF, IDR, COP and others. */
const minorDigits = (): Record<string, number> =>
  Object.fromEntries(
    currencies.data.filter(({ digits }) => digits !== 2).map(({ code, digits }) => [code, digits] as const),
  );

const names = z.record(z.string(), z.string()).describe('Names by code');

const basisAnswer = z.object({
  currency: z.string().describe('The reporting currency, ISO 4217'),
  timeZone: z.string().describe('The reporting time zone, IANA'),
  partners: names,
  regions: names,
  minorDigits: z.record(z.string(), z.int()).describe('ISO 4217 minor digits by currency, where they are not two'),
  user: z.string().describe('Whose token or session it is'),
  trueCost: z.boolean().describe('Whether cost is told at the rates of the agents: by the scope `rates`'),
  signInCommand: z.string().describe('What a person types on the server for a sign-in link'),
});

/**
 * The managers' page: `/` by session (401 with the way to sign in), its files under /assets/, and GET /api/v1/basis with what
 * every figure on it stands on: currency, time zone and the names behind the codes.
 */
export const pageRoutes =
  (deps: {
    readonly access: Access;
    readonly directory: Pick<Directory, 'partners' | 'regions'>;
    readonly basis: { readonly currency: string; readonly timeZone: string };
    /** Makes a sign-in link, as a person types it on the server. */
    readonly signInCommand: string;
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const signedIn = requireScope(deps.access, 'read');
    const load = (name: string) => readFile(new URL(name, folder), 'utf8');
    const [page, stranger] = await Promise.all([load('index.html'), load('signed-out.html')]);
    const signedOut = stranger.replace('{signInCommand}', () => escapeHtml(deps.signInCommand));
    const held = new Map(
      await Promise.all(assets.map(async (name) => [name as string, await loadAsset(name)] as const)),
    );
    const digits = minorDigits();

    app.get('/', { schema: { hide: true } }, async (request, reply) => {
      guard(reply).header('cache-control', 'no-store').type('text/html; charset=utf-8');
      try {
        await signedIn.call(app, request, reply);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'unauthorized') throw error;
        return reply.code(401).send(signedOut);
      }
      return reply.send(page);
    });

    app.get<{ Params: { name: string } }>('/assets/:name', { schema: { hide: true } }, async (request, reply) => {
      const asset = held.get(request.params.name);
      if (!asset) throw new NotFound('The page has no such file.');
      guard(reply).headers({ 'cache-control': 'no-cache', etag: asset.etag });
      const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
      if (known?.includes(asset.etag)) return reply.code(304).send();
      return reply.type(asset.type).send(asset.body);
    });

    app.get(
      '/api/v1/basis',
      {
        onRequest: signedIn,
        schema: {
          summary: 'Reporting currency and time zone, and the names behind partner and region codes',
          tags: ['reports'],
          ...answers('What every figure stands on', basisAnswer),
        },
      },
      async (request) => {
        const [partners, regions] = await Promise.all([deps.directory.partners(), deps.directory.regions()]);
        const namesOf = (all: readonly { readonly code: string; readonly name: string }[]) =>
          Object.fromEntries(all.map(({ code, name }) => [code, name]));
        return {
          ...deps.basis,
          partners: namesOf(partners.list()),
          regions: namesOf(regions.list()),
          minorDigits: digits,
          user: identityOf(request).name,
          trueCost: maySeeRates(request),
          signInCommand: deps.signInCommand,
        };
      },
    );
  };
