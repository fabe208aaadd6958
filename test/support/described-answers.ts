import { isDeepStrictEqual } from 'node:util';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { expect } from 'vitest';
import { z } from 'zod';

interface Response {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

/** An operation of the API's own description. */
interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[];
  readonly responses: Readonly<Record<string, Response>>;
}

export interface Described {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** As described: /api/v1/tickets/{id}. */
  readonly path: string;
  readonly operation: Operation;
}

/** Every operation that the API's own description lists; of an app that is ready. */
export const describedOperations = (app: FastifyInstance): Described[] =>
  Object.entries((app.swagger() as unknown as { paths: Record<string, Record<string, Operation>> }).paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase() as Described['method'],
        path,
        operation,
      })),
  );

const matches = (path: string, url: string): boolean =>
  new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(url.split('?', 1)[0] ?? '');

/** The operation that a request asks for: its own path before one with a parameter at that place. */
const operationOf = (all: readonly Described[], method: string, url: string): Described | undefined =>
  all
    .filter((one) => one.method === method && matches(one.path, url))
    .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0];

const parsers = new WeakMap<object, z.ZodType>();

const parserOf = (schema: object): z.ZodType => {
  const held = parsers.get(schema) ?? z.fromJSONSchema(schema as never, { defaultTarget: 'openapi-3.0' });
  parsers.set(schema, held);
  return held;
};

/** What of a JSON answer is not as described; a described schema takes nothing that it does not name. */
export const undescribed = (schema: object, answer: unknown): unknown[] => {
  const parsed = parserOf(schema).safeParse(answer);
  if (!parsed.success) return parsed.error.issues;
  // A value with a default may be absent from what is parsed, and never from an answer.
  return isDeepStrictEqual(parsed.data, answer) ? [] : ['lacks what has a default'];
};

/** Fails where an answer is of a status, a media type or a shape that its route does not describe. */
const expectDescribed = (
  { method, path, operation }: Described,
  { statusCode, headers, body }: LightMyRequestResponse,
): void => {
  const what = `${method} ${path} answered ${statusCode}`;
  const { content = {} } = operation.responses[statusCode >= 400 ? 'default' : String(statusCode)] ?? {};
  const type = String(headers['content-type']).split(';', 1)[0] ?? '';
  expect(Object.keys(content), what).toContain(type);
  if (!type.endsWith('json')) return;
  expect(
    undescribed(content[type]?.schema ?? {}, JSON.parse(body)),
    `${what} otherwise than described: ${body.slice(0, 500)}`,
  ).toEqual([]);
};

/** From now on every answer to `inject` of this app is held to the app's own description. */
export const holdToDescription = (app: FastifyInstance): FastifyInstance => {
  const inject = app.inject.bind(app) as (options: InjectOptions | string) => Promise<LightMyRequestResponse>;
  let all: Described[] | undefined;
  app.inject = (async (options: InjectOptions | string) => {
    const answer = await inject(options);
    const { method = 'GET', url = '' } = typeof options === 'string' ? { url: options } : options;
    all ??= describedOperations(app);
    const asked = operationOf(all, method.toUpperCase(), String(url));
    if (asked) expectDescribed(asked, answer);
    return answer;
  }) as typeof app.inject;
  return app;
};
