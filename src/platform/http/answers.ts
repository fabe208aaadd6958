import { z } from 'zod';

/**
 * What a route answers, for the API's description and, through the route's types, for the compiler. Nothing is parsed again
 * on its way out.
 */
export const answers = <Json extends z.ZodType>(description: string, json: Json) => ({
  response: { 200: { description, content: { 'application/json': { schema: json } } } } as const,
});

/** The same of a route that hands the work to a job: 202, with the job's address in the header Location where it is known. */
export const answersLater = <Json extends z.ZodType>(description: string, json: Json) => ({
  response: { 202: { description, content: { 'application/json': { schema: json } } } } as const,
});

/** The same of a route that also answers a table, by `format=csv`. */
export const answersOrTable = <Json extends z.ZodType>(description: string, json: Json) => ({
  response: {
    200: {
      description,
      content: {
        'application/json': { schema: json },
        'text/csv': {
          schema: z.string().describe('The same as a table; amounts and their currency in columns of their own'),
        },
      },
    },
  } as const,
});

export const dayAnswer = z.string().describe('A day in the reporting time zone, YYYY-MM-DD');
export const instantAnswer = z.string().describe('ISO 8601, in UTC');
/** Of a list in pages. */
export const nextAnswer = z.string().nullable().describe('Give it as `after` for the next page; null on the last');

export const moneyAnswer = z
  .object({
    amount: z.string().describe('Decimal with six places, exact'),
    currency: z.string().describe('ISO 4217'),
  })
  .describe('Money; never rounded further');

/** What every route answers to a fault (RFC 9457). */
export const problemAnswer = z
  .object({
    type: z.string().describe('urn:deskledger:problem:...: which kind of fault'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What is wrong and what to do, for a person'),
    errors: z
      .array(z.object({ field: z.string(), reason: z.string() }))
      .optional()
      .describe('Each faulty field of the request'),
  })
  .describe('Problem details');
