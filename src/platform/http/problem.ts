import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import { AppError, type ErrorCode, faultsOf, type InputFault, InvalidInput, LimitReached } from '../../core/errors.ts';
import { isStorageTrouble } from '../database/trouble.ts';
import type { Log } from '../log.ts';

/** Problem details (RFC 9457). `errors` names each faulty field of the request. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly InputFault[];
}

const statusOf: Readonly<Record<ErrorCode, number>> = {
  invalid_input: 400,
  unauthorized: 401,
  refused: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  limit: 429,
  upstream: 502,
  unavailable: 503,
};

const problem = (status: number, code: string, detail: string, errors: readonly InputFault[] = []): Problem => ({
  type: `urn:deskledger:problem:${code}`,
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  ...(errors.length > 0 && { errors }),
});

const faulty = (errors: readonly InputFault[]): Problem =>
  problem(400, 'invalid_input', 'The request has faulty fields; correct what errors names and send it again.', errors);

/** Names of the parts of a request as its sender knows them. */
const partNames: Readonly<Record<string, string>> = {
  querystring: 'query',
  params: 'path',
  headers: 'headers',
  body: 'body',
};

const validationFaults = ({ validation = [], validationContext = 'body' }: FastifyError): InputFault[] =>
  validation.flatMap(({ instancePath, message, params }) => {
    const path = instancePath.split('/').filter((part) => part !== '');
    // A strict object's unknown names; its own place is that of the object.
    const names = Array.isArray(params?.keys) ? params.keys.map((key) => [String(key)]) : [[]];
    return names.map((name) => ({
      field: [...path, ...name].join('.') || (partNames[validationContext] ?? validationContext),
      reason: message ?? 'is not valid',
    }));
  });

const isFastifyError = (error: unknown): error is FastifyError => error instanceof Error && 'statusCode' in error;

const notJson =
  'The body is not valid JSON; send one whole JSON document, with the header content-type: application/json.';

/** What Fastify could not read, and what it can; a parser's own text would quote the body. */
const detailOf = ({ code, message }: FastifyError, bodyLimit?: number): string => {
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE' && bodyLimit !== undefined)
    return `The body is larger than the ${bodyLimit} bytes that are read here.`;
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return 'A body of this type is not read here; the API reads JSON, with the header content-type: application/json.';
  return code?.startsWith('FST_') && code !== 'FST_ERR_CTP_INVALID_JSON_BODY' ? message : notJson;
};

/** What the sender of a request is told of an error. An error nobody foresaw tells nothing but that. */
const problemOf = (error: unknown, bodyLimit?: number): Problem => {
  if (error instanceof AppError)
    return problem(statusOf[error.code], error.code, error.message, error instanceof InvalidInput ? error.faults : []);
  if (error instanceof ZodError) return faulty(faultsOf(error.issues, 'body'));
  if (isFastifyError(error)) {
    if (error.validation) return faulty(validationFaults(error));
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500) {
      return problem(status, status === 413 ? 'too_large' : 'invalid_input', detailOf(error, bodyLimit));
    }
  }
  return problem(
    500,
    'unexpected',
    'Something went wrong here that nobody foresaw. It is in the log under the id of this request.',
  );
};

/** Whoever asks tells a server that cannot answer now from one that failed, and asks again. */
const asUnavailable = (error: unknown): unknown =>
  isStorageTrouble(error) && !(error instanceof AppError)
    ? new AppError(
        'unavailable',
        // A connection that fails may be to something else, as the mail server.
        'Something that this server needs, most likely its database, does not answer; ask again in some seconds.',
        { cause: error },
      )
    : error;

const unavailableForSeconds = 5;

const retryAfterSeconds = (error: unknown): number | null => {
  if (error instanceof LimitReached) return Math.max(1, Math.ceil(error.retryAfterMs / 1000));
  return error instanceof AppError && error.code === 'unavailable' ? unavailableForSeconds : null;
};

const send = (reply: FastifyReply, answer: Problem): FastifyReply =>
  reply
    .code(answer.status)
    .type('application/problem+json')
    // A string, so that a route's response schema for other answers cannot cut it.
    .send(JSON.stringify(answer));

/** Answers an error; also for Fastify's option `frameworkErrors`, which sees addresses that cannot be read. */
export const answerProblem = (
  log: Log,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply => {
  const error = asUnavailable(thrown);
  const answer = problemOf(error, request.routeOptions.bodyLimit);
  if (answer.status >= 500)
    log.error(
      { requestId: request.id, route: request.routeOptions.url, status: answer.status, err: error },
      'request failed',
    );
  const seconds = retryAfterSeconds(error);
  if (seconds !== null) reply.header('retry-after', seconds);
  if (answer.status === 401) reply.header('www-authenticate', 'Bearer');
  return send(reply.header('x-request-id', request.id), answer);
};

/** Every error and every unknown path of the app answers with problem details. */
export const answerProblems = (app: FastifyInstance, log: Log): void => {
  app.setErrorHandler((error, request, reply) => answerProblem(log, error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    send(
      reply,
      problem(404, 'not_found', `There is no ${request.method} at this path; /api/docs lists what there is.`),
    ),
  );
};
