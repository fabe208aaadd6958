import type { z } from 'zod';
import { UpstreamError } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { Http, HttpCall } from '../../platform/http/client.ts';
import { heeding, isErrorBody } from '../absence.ts';
import { answers, customerSchema, type GorgiasUser, surveySchema, ticketSchema, userSchema } from './schema.ts';

/** The most that one page of a list takes; statistics take more. */
const pageSize = 100;
const statsPageSize = 10_000;
/** Ten million rows: beyond what an account can have; a longer list is a loop. */
const mostPages = 100_000;

/** A merge trashes its source in the same operation, give or take a busy server. */
const mergeSpanMs = 10 * secondMs;

type Query = NonNullable<HttpCall['query']>;
interface Page<Item> {
  readonly data: readonly Item[];
  /** Null: this is the last page. */
  readonly next: string | null;
}
type PageSchema<Item> = z.ZodType<{
  data: Item[];
  meta: { next_cursor: string | null };
}>;

/** What a POST to a reporting scope asks for (https://developers.gorgias.com/reference, reporting statistics). */
export interface StatsQuery {
  readonly scope: string;
  readonly measures: readonly string[];
  readonly dimensions: readonly string[];
  /** Instants in UTC; the end is outside the period. 366 days at most. */
  readonly from: Date;
  readonly to: Date;
}

/** Gorgias takes datetimes without an offset here; the query says that they are UTC. */
const statsInstant = (at: Date): string => at.toISOString().replace('Z', '');

/**
 * The Gorgias REST API as far as we use it, one member per endpoint. Errors are those of `Http`; every list is walked to its
 * end by cursor (https://developers.gorgias.com/reference).
 */
export const createGorgiasClient = (given: Http) => {
  const http = heeding(given, isErrorBody);
  async function* pages<Item>(
    call: HttpCall,
    schema: PageSchema<Item>,
    { from = null, limit = pageSize }: { readonly from?: string | null; readonly limit?: number } = {},
  ): AsyncGenerator<Page<Item>> {
    let cursor = from;
    for (let page = 0; page < mostPages; page++) {
      const query = { ...call.query, limit, cursor: cursor ?? undefined };
      const { data, meta } = await http.read({ ...call, query }, schema);
      const next = meta.next_cursor === cursor ? null : meta.next_cursor;
      yield { data, next };
      if (next === null) return;
      cursor = next;
    }
    throw new UpstreamError(
      `${call.method ?? 'GET'} ${call.path} of Gorgias has more than ${mostPages} pages; look at the account there.`,
      { retryable: false },
    );
  }
  const all = async <Item>(call: HttpCall, schema: PageSchema<Item>): Promise<Item[]> => {
    const items: Item[] = [];
    for await (const { data } of pages(call, schema)) items.push(...data);
    return items;
  };
  const ticketPath = '/api/tickets/{id}';
  const write = async (
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    params: Readonly<Record<string, string>>,
    body: unknown,
    idempotent = method !== 'POST',
  ): Promise<unknown> =>
    (await http.request({ method, path, params, idempotent, ...(body === undefined ? {} : { body }) })).body;
  const made = async (path: string, body: unknown): Promise<string> =>
    (await http.read({ method: 'POST', path, body }, answers.made)).id;

  return {
    /** Throws UpstreamError with status 404 where it does not exist. */
    ticket: (id: string) => http.read({ path: ticketPath, params: { id } }, ticketSchema),
    /** All tickets, trashed ones too unless told otherwise, by one of two dates; there is no filter by date or status. */
    tickets: (query: {
      readonly orderBy: 'updated_datetime:desc' | 'created_datetime:desc';
      readonly trashed: boolean;
      readonly cursor: string | null;
    }) =>
      pages({ path: '/api/tickets', query: { order_by: query.orderBy, trashed: query.trashed } }, answers.tickets, {
        from: query.cursor,
      }),
    messages: (ticketId: string) => all({ path: '/api/messages', query: { ticket_id: ticketId } }, answers.messages),
    /** Of one ticket, oldest first. Gorgias keeps them for a year. */
    events: (ticketId: string) =>
      all(
        {
          path: '/api/events',
          query: { object_type: 'Ticket', object_id: ticketId, order_by: 'created_datetime:asc' },
        },
        answers.events,
      ),
    /** Merges of any tickets at about this moment. */
    mergesAround: (at: Date) =>
      all(
        {
          path: '/api/events',
          query: {
            types: 'ticket-merged',
            'created_datetime[gte]': new Date(at.getTime() - mergeSpanMs).toISOString(),
            'created_datetime[lte]': new Date(at.getTime() + mergeSpanMs).toISOString(),
          },
        },
        answers.events,
      ),
    /** Throws UpstreamError with status 404 where it does not exist, or was merged into another. */
    customer: (id: string) => http.read({ path: '/api/customers/{id}', params: { id } }, customerSchema),
    /** Customers who own an address, at most a handful. */
    customersOf: (email: string) => all({ path: '/api/customers', query: { email } }, answers.customers),
    voiceCalls: (ticketId: string) =>
      // An extra of the account: where there is none, that may be said in words of any kind.
      all({ path: '/api/phone/voice-calls', query: { ticket_id: ticketId }, saysGone: () => true }, answers.calls),
    tag: (id: string) => http.read({ path: '/api/tags/{id}', params: { id } }, answers.tag),
    ticketTags: async (id: string): Promise<string[]> =>
      (await http.read({ path: `${ticketPath}/tags`, params: { id } }, answers.ticketTags)).data.map(
        ({ name }) => name,
      ),
    /** Adds to the ticket's tags; PUT would replace them all. */
    addTags: (id: string, names: readonly string[]) => write('POST', `${ticketPath}/tags`, { id }, { names }, true),
    removeTags: (id: string, names: readonly string[]) => write('DELETE', `${ticketPath}/tags`, { id }, { names }),
    ticketFields: async (id: string) =>
      (await http.read({ path: `${ticketPath}/custom-fields`, params: { id } }, answers.ticketFields)).data,
    /** Sets these alone; a PUT of the ticket itself would replace all fields. */
    setTicketFields: (id: string, values: readonly { readonly id: string; readonly value: string }[]) =>
      write(
        'PUT',
        `${ticketPath}/custom-fields`,
        { id },
        values.map(({ id: fieldId, value }) => ({ id: Number(fieldId), value })),
      ),
    clearTicketField: (id: string, fieldId: string) =>
      write('DELETE', `${ticketPath}/custom-fields/{fieldId}`, { id, fieldId }, undefined),
    fields: () => all({ path: '/api/custom-fields', query: { object_type: 'Ticket' } }, answers.fields),
    makeField: (field: object) => made('/api/custom-fields', field),
    changeField: (id: string, field: object) => write('PUT', '/api/custom-fields/{id}', { id }, field),
    /** Who the key belongs to; null where the account does not tell it this way. */
    async me(): Promise<GorgiasUser | null> {
      const call = { path: '/api/users/{id}', params: { id: 0 }, allow: [400, 404, 405] };
      const { status, body } = await http.request(call);
      return status < 300 ? (userSchema.safeParse(body).data ?? null) : null;
    },
    users: () => all({ path: '/api/users' }, answers.users),
    accountSettings: () => all({ path: '/api/account/settings' }, answers.settings),
    integrations: () => all({ path: '/api/integrations', query: { type: 'http' } }, answers.integrations),
    makeIntegration: (integration: object) => made('/api/integrations', integration),
    changeIntegration: (id: string, integration: object) => write('PUT', '/api/integrations/{id}', { id }, integration),
    removeIntegration: (id: string) => write('DELETE', '/api/integrations/{id}', { id }, undefined),
    widgets: () => all({ path: '/api/widgets' }, answers.widgets),
    makeWidget: (widget: object) => made('/api/widgets', widget),
    removeWidget: (id: string) => write('DELETE', '/api/widgets/{id}', { id }, undefined),
    survey: (id: string) => http.read({ path: '/api/satisfaction-surveys/{id}', params: { id } }, surveySchema),
    makeSurvey: (survey: object) => write('POST', '/api/satisfaction-surveys', {}, survey),
    /** Replaces the whole survey. */
    changeSurvey: (id: string, survey: object) => write('PUT', '/api/satisfaction-surveys/{id}', { id }, survey),
    /** Whether the key may read there; null where it may, else the status that says no. */
    async mayRead(path: string, query: Query = {}): Promise<number | null> {
      const { status } = await http.request({ path, query: { limit: 1, ...query }, allow: [401, 403, 404] });
      return status < 300 ? null : status;
    },
    /** Rows of a reporting scope, page by page. */
    async *stats({ scope, measures, dimensions, from, to }: StatsQuery) {
      const body = {
        query: {
          scope,
          measures,
          dimensions,
          timezone: 'UTC',
          filters: [
            { member: 'periodStart', operator: 'afterDate', values: [statsInstant(from)] },
            { member: 'periodEnd', operator: 'beforeDate', values: [statsInstant(to)] },
          ],
        },
      };
      // It only reads, although it is a POST. A plan without it may say so in words of any kind.
      const call = {
        method: 'POST',
        path: '/api/reporting/stats',
        body,
        idempotent: true,
        saysGone: () => true,
      } as const;
      for await (const { data } of pages(call, answers.stats, { limit: statsPageSize })) yield data;
    },
  };
};

export type GorgiasClient = ReturnType<typeof createGorgiasClient>;
