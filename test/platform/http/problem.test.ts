import fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  AppError,
  Conflict,
  InvalidInput,
  LimitReached,
  NotFound,
  Refused,
  UpstreamError,
} from '../../../src/core/errors.ts';
import { answerProblem, answerProblems } from '../../../src/platform/http/problem.ts';

let logged: Record<string, unknown>[];
let app: FastifyInstance;
let thrown: unknown;

beforeEach(() => {
  logged = [];
  const log = pino({ level: 'info' }, { write: (line: string) => logged.push(JSON.parse(line)) });
  app = fastify({
    bodyLimit: 100,
    frameworkErrors: (error, request, reply) => answerProblem(log, error, request, reply),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerProblems(app, log);
  app.get('/throws', { schema: { response: { 200: z.object({ ok: z.literal(true) }) } } }, async () => {
    throw thrown;
  });
  const typed = app.withTypeProvider<ZodTypeProvider>();
  typed.post(
    '/days',
    {
      schema: {
        querystring: z.object({ from: z.iso.date() }),
        body: z.object({ rows: z.array(z.object({ n: z.number() })) }),
      },
    },
    async () => ({}),
  );
});

const answerTo = async (error: unknown) => {
  thrown = error;
  return app.inject('/throws');
};

describe('errors of our own', () => {
  it.each([
    [new AppError('unauthorized', 'Sign in first.'), 401, 'unauthorized', 'Unauthorized'],
    [new Refused('Not yours.'), 403, 'refused', 'Forbidden'],
    [new NotFound('No such ticket.'), 404, 'not_found', 'Not Found'],
    [new Conflict('Already there.'), 409, 'conflict', 'Conflict'],
    [new AppError('too_large', 'Too large.'), 413, 'too_large', 'Payload Too Large'],
    [new LimitReached('Later.', 2400), 429, 'limit', 'Too Many Requests'],
    [new UpstreamError('The vendor is away.', { retryable: true }), 502, 'upstream', 'Bad Gateway'],
    [new AppError('unavailable', 'The database is away.'), 503, 'unavailable', 'Service Unavailable'],
  ])('%s is %i', async (error, status, code, title) => {
    const answer = await answerTo(error);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toEqual({ type: `urn:deskledger:problem:${code}`, title, status, detail: error.message });
  });

  it('names each fault of an input', async () => {
    const faults = [{ field: 'row 3, column hourly', reason: 'is not a number' }];
    const answer = await answerTo(new InvalidInput('1 fault', faults));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toEqual(faults);
  });

  it('says when to come back', async () => {
    expect((await answerTo(new LimitReached('Later.', 2400))).headers['retry-after']).toBe('3');
    expect((await answerTo(new AppError('unavailable', 'Away.'))).headers['retry-after']).toBe('5');
    expect((await answerTo(new NotFound('None.'))).headers['retry-after']).toBeUndefined();
  });
});

describe('requests that cannot be read', () => {
  it('names faulty fields of query and body', async () => {
    const query = await app.inject({ method: 'POST', url: '/days?from=yesterday', payload: { rows: [] } });
    expect(query.statusCode).toBe(400);
    expect(query.json().errors).toEqual([{ field: 'from', reason: 'is not a day; write it as YYYY-MM-DD' }]);
    const body = await app.inject({
      method: 'POST',
      url: '/days?from=2026-01-01',
      payload: { rows: [{ n: 1 }, { n: 'x' }] },
    });
    expect(body.json().errors).toEqual([{ field: 'rows.1.n', reason: expect.stringContaining('number') }]);
    const none = await app.inject({ method: 'POST', url: '/days?from=2026-01-01' });
    expect(none.json().errors).toEqual([{ field: 'body', reason: expect.any(String) }]);
  });

  it('translates a ZodError thrown by a handler', async () => {
    const answer = await answerTo(z.object({ code: z.string() }).safeParse({ code: 1 }).error);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors[0].field).toBe('code');
  });

  it.each([
    ['a body that is too large', { url: '/days', payload: { pad: 'x'.repeat(200) } }, 413],
    ['a media type nobody reads', { url: '/days', payload: 'x', headers: { 'content-type': 'text/csv' } }, 415],
    ['no JSON', { url: '/days', payload: '{"kim@example.org', headers: { 'content-type': 'application/json' } }, 400],
    ['an address that cannot be decoded', { url: '/%E0%A4%A' }, 400],
  ])('answers %s with problem details that quote nothing', async (_, request, status) => {
    const answer = await app.inject({ method: 'POST', ...request });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ status, type: expect.stringMatching(/^urn:/), title: expect.any(String) });
    expect(answer.body).not.toContain('kim');
  });

  it.each([
    [{ pad: 'x'.repeat(200) }, 'application/json', /larger than the \d+ bytes/],
    ['x', 'text/csv', /content-type: application\/json/],
    ['{"kim', 'application/json', /one whole JSON document/],
  ])('bug: what to send instead was not said: %j', async (payload, type, words) => {
    const answer = await app.inject({ method: 'POST', url: '/days', payload, headers: { 'content-type': type } });
    expect(answer.json().detail).toMatch(words);
  });

  it('answers an unknown path with 404', async () => {
    const answer = await app.inject('/nowhere');
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ type: 'urn:deskledger:problem:not_found', status: 404 });
  });
});

describe('trouble of the storage', () => {
  it.each([
    ['a server that is away', { code: 'ECONNREFUSED', syscall: 'connect' }],
    ['a socket that is away', { code: 'ENOENT', syscall: 'connect' }],
    ['a statement that took too long', { code: '57014' }],
    ['a full disk', { code: '53100' }],
    ['a deadlock', { code: '40P01' }],
  ])('bug: %s was an error nobody foresaw on all routes but one', async (_, known) => {
    const answer = await answerTo(Object.assign(new Error('at 10.1.2.3'), known));
    expect([answer.statusCode, answer.headers['retry-after'], answer.json().type]).toEqual([
      503,
      '5',
      'urn:deskledger:problem:unavailable',
    ]);
    expect(answer.body).not.toContain('10.1.2.3');
    expect(JSON.stringify(logged)).toContain('10.1.2.3');
  });

  it('bug: a mail server that is away was told as a database that is', async () => {
    const away = Object.assign(new Error('no'), { code: 'ECONNREFUSED', syscall: 'connect' });
    expect((await answerTo(away)).json().detail).toMatch(/^Something that this server needs/);
  });

  it('is not a file that is not there, nor a statement that is wrong', async () => {
    for (const known of [{ code: 'ENOENT', syscall: 'open' }, { code: '42P01' }])
      expect((await answerTo(Object.assign(new Error('no'), known))).statusCode).toBe(500);
  });
});

describe('errors nobody foresaw', () => {
  it('tells nothing and logs everything', async () => {
    const answer = await answerTo(new Error('password is hunter2'));
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ route: '/throws', status: 500, err: { message: 'password is hunter2' } });
    expect(answer.headers['x-request-id']).toBe(logged[0]?.requestId);
  });

  it('treats an answer that does not fit its schema the same way', async () => {
    app = fastify();
    app.setSerializerCompiler(serializerCompiler);
    answerProblems(app, pino({ level: 'silent' }));
    app.get('/wrong', { schema: { response: { 200: z.object({ ok: z.literal(true) }) } } }, async () => ({
      ok: 'secret',
    }));
    const answer = await app.inject('/wrong');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
  });
});
