import { randomBytes } from 'node:crypto';
import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { InvalidInput } from '../../core/errors.ts';
import { dayIn } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Database } from '../../platform/database/open.ts';
import { tokenHash } from './invite.ts';
import { languageOfVisitor } from './language.ts';
import { issueNonce, nonceHash, nonceHolds } from './nonce.ts';
import { type FormNotice, formPage, messagePage, unsubscribePage } from './page.ts';
import { pagePolicy } from './page-style.ts';
import { type Score, type SurveyLanguage, scores } from './survey-language.ts';
import {
  findInvitation,
  isExpired,
  isFinal,
  type OpenInvitation,
  recordVote,
  unsubscribe,
  type VoteOutcome,
} from './votes.ts';

/** More than the largest honest form. */
const bodyLimitBytes = 2048;
const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

export interface SurveyRoutesDeps {
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly reportingTimezone: string;
  readonly random?: (bytes: number) => Buffer;
  /** Told what became of each confirmed vote, for the metrics. */
  readonly onVote?: (outcome: VoteOutcome['outcome'] | 'stale') => void;
}

interface Visit {
  Params: { token: string };
  Querystring: { score?: unknown };
}

const scoreOf = (value: unknown): Score | null => scores.find((score) => `${score}` === value) ?? null;

const send = (reply: FastifyReply, status: number, language: SurveyLanguage, html: string): FastifyReply =>
  reply
    .code(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-language': language,
      'content-security-policy': pagePolicy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-robots-tag': 'noindex, nofollow',
    })
    .send(html);

/** One field of a form, from either of the encodings that RFC 8058 allows a mail provider; undefined where it is absent or repeated. */
const fieldOf = (body: unknown, name: string): string | undefined => {
  if (typeof body !== 'object' || body === null || !(name in body)) return undefined;
  const value = (body as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
};

/** The short text fields of a multipart form; a mail provider's one-click request has one. */
const parseMultipart = (text: string): Record<string, string> => {
  const fields = text.matchAll(
    /content-disposition:\s*form-data;[^\r\n]*?name="?([\w-]{1,40})"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n([^\r\n]*)/gi,
  );
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]));
};

/**
 * The customer's page at /s/{token}. GET and HEAD change nothing, whoever fetches them: only a POST with the page's own nonce
 * votes, and only a POST unsubscribes. Source: DESIGN.md section 7, RFC 8058.
 */
export const surveyRoutes = (deps: SurveyRoutesDeps): FastifyPluginAsync => {
  const { db, vault, clock, reportingTimezone, random = randomBytes, onVote = () => undefined } = deps;

  const find = async (token: string): Promise<OpenInvitation | null> =>
    tokenPattern.test(token) ? findInvitation(db, tokenHash(token)) : null;

  const sendUnknown = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const language = languageOfVisitor(request.headers['accept-language']);
    return send(
      reply.header('vary', 'accept-language'),
      404,
      language,
      messagePage({ language, shopName: null }, 'unknown'),
    );
  };

  /** The page for an invitation that takes no vote any more; null while it does. */
  const sendClosed = (reply: FastifyReply, invitation: OpenInvitation, status: 200 | 409): FastifyReply | null => {
    const now = clock.now();
    const { language, score } = invitation;
    if (isExpired(invitation, now)) return send(reply, 410, language, messagePage(invitation, 'expired'));
    if (isFinal(invitation, now)) return send(reply, status, language, messagePage(invitation, 'locked', score));
    return null;
  };

  const sendForm = (
    reply: FastifyReply,
    status: number,
    token: string,
    { language, shopName, score }: OpenInvitation,
    shown: { readonly preselected: Score | null; readonly notice?: FormNotice },
  ): FastifyReply => {
    const nonce = issueNonce(vault, token, clock.now(), random(16));
    return send(reply, status, language, formPage({ language, shopName, token, nonce, current: score, ...shown }));
  };

  const show = async (request: FastifyRequest<Visit>, reply: FastifyReply): Promise<FastifyReply> => {
    const { token } = request.params;
    const invitation = await find(token);
    if (!invitation) return sendUnknown(request, reply);
    const preselected = scoreOf(request.query.score) ?? invitation.score;
    return sendClosed(reply, invitation, 200) ?? sendForm(reply, 200, token, invitation, { preselected });
  };

  const vote = async (request: FastifyRequest<Visit>, reply: FastifyReply): Promise<FastifyReply> => {
    const { token } = request.params;
    const invitation = await find(token);
    if (!invitation) return sendUnknown(request, reply);
    const closed = sendClosed(reply, invitation, 409);
    if (closed) return closed;

    const nonce = fieldOf(request.body, 'nonce') ?? '';
    const score = scoreOf(fieldOf(request.body, 'score'));
    if (!nonceHolds(vault, token, nonce, clock.now())) {
      onVote('stale');
      return sendForm(reply, 403, token, invitation, { preselected: score ?? invitation.score, notice: 'sendAgain' });
    }
    if (score === null)
      return sendForm(reply, 422, token, invitation, { preselected: invitation.score, notice: 'chooseFirst' });

    const { outcome } = await recordVote(
      db,
      { invitationId: invitation.id, score, nonceHash: nonceHash(nonce), at: clock.now() },
      (at) => dayIn(reportingTimezone, at),
    );
    onVote(outcome);
    const after = (await find(token)) ?? invitation;
    if (outcome === 'recorded' || outcome === 'changed')
      return sendForm(reply, 200, token, after, {
        preselected: after.score,
        notice: outcome === 'recorded' ? 'thanks' : 'changed',
      });
    if (outcome === 'replayed') return sendForm(reply, 409, token, after, { preselected: score, notice: 'sendAgain' });
    return sendForm(reply, outcome === 'voided' ? 409 : 429, token, after, {
      preselected: null,
      notice: 'contradictory',
    });
  };

  const askToUnsubscribe = async (request: FastifyRequest<Visit>, reply: FastifyReply): Promise<FastifyReply> => {
    const invitation = await find(request.params.token);
    if (!invitation) return sendUnknown(request, reply);
    return send(reply, 200, invitation.language, unsubscribePage(invitation));
  };

  const takeOffTheList = async (request: FastifyRequest<Visit>, reply: FastifyReply): Promise<FastifyReply> => {
    const invitation = await find(request.params.token);
    if (!invitation) return sendUnknown(request, reply);
    if (fieldOf(request.body, 'List-Unsubscribe') !== 'One-Click')
      throw new InvalidInput('To unsubscribe, send the form field List-Unsubscribe with the value One-Click.', [
        { field: 'List-Unsubscribe', reason: 'must be "One-Click"' },
      ]);
    await unsubscribe(db, invitation.id, clock.now());
    return send(reply, 200, invitation.language, messagePage(invitation, 'unsubscribed'));
  };

  return async (app: FastifyInstance) => {
    // Forms alone: nothing else is ever sent here.
    app.removeAllContentTypeParsers();
    await app.register(formbody, { bodyLimit: bodyLimitBytes });
    app.addContentTypeParser(
      'multipart/form-data',
      { parseAs: 'string', bodyLimit: bodyLimitBytes },
      async (_request: FastifyRequest, body: string) => parseMultipart(body),
    );
    const options = { bodyLimit: bodyLimitBytes, schema: { hide: true } as object };
    app.get<Visit>('/s/:token', options, show);
    app.post<Visit>('/s/:token', options, vote);
    app.get<Visit>('/s/:token/unsubscribe', options, askToUnsubscribe);
    app.post<Visit>('/s/:token/unsubscribe', options, takeOffTheList);
  };
};
