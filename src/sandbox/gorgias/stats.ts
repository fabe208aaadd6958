import type { FastifyInstance } from 'fastify';
import { dayMs } from '../../core/time.ts';
import { isRecord } from '../http.ts';
import { bodyOf, fail, invalid, numberOf, type Query, textOf } from './answers.ts';
import { emailIntegration } from './json.ts';
import type { Ticket } from './model.ts';
import type { RouteDeps } from './ticket-routes.ts';

/** Scopes that answered 500 in April 2026. */
const broken = new Set(['online-time', 'voice-calls', 'voice-agent-events', 'automation-rate']);
const measures = ['handleTime', 'averageHandleTime'];
const longestPeriodMs = 366 * dayMs;

/** How far a zone's clock is ahead of UTC at an instant. */
const offsetMs = (timeZone: string, atMs: number): number => {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(atMs);
  const match = /([+-])(\d{2}):(\d{2})/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '');
  return match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000 : 0;
};

/** A local time of the query's zone ("2026-03-02T00:00:00.000", or a day alone) as an instant; null where it is none. */
const localInstant = (text: unknown, timeZone: string): number | null => {
  if (typeof text !== 'string') return null;
  if (/(?:Z|[+-]\d{2}:\d{2})$/.test(text)) return Number.isNaN(Date.parse(text)) ? null : Date.parse(text);
  const atMs = Date.parse(text.includes('T') ? `${text}Z` : `${text}T00:00:00Z`);
  return Number.isNaN(atMs) ? null : atMs - offsetMs(timeZone, atMs);
};

interface Row {
  readonly key: Record<string, unknown>;
  seconds: number;
  tickets: number;
}

/** Statistics: the handle time of closed tickets, all agents' seconds together under the ticket's assignee. */
export const addStatsRoutes = (app: FastifyInstance, { desk, clock, readings }: RouteDeps): void => {
  app.post<{ Querystring: Query; Body: unknown }>('/api/reporting/stats', (request, reply) => {
    const query = bodyOf(bodyOf(request.body).query);
    const { scope, timezone = 'UTC', order } = query;
    if (typeof scope !== 'string') return invalid(reply, 'scope', 'Missing data for required field.');
    if (broken.has(scope)) return fail(reply, 500, 'Internal server error.');
    if (scope !== 'ticket-handle-time') return fail(reply, 400, `The sandbox keeps no statistic ${scope}.`);
    const wanted = Array.isArray(query.measures) ? query.measures.map(String) : [];
    const dimensions = Array.isArray(query.dimensions) ? query.dimensions.map(String) : [];
    if (wanted.length === 0 || wanted.some((name) => !measures.includes(name)))
      return invalid(reply, 'measures', `Must be one of: ${measures.join(', ')}.`);
    if (dimensions.some((name) => !readings.statsDimensions.includes(name)))
      return invalid(reply, 'dimensions', `Must be one of: ${readings.statsDimensions.join(', ')}.`);
    if (typeof timezone !== 'string' || !Intl.supportedValuesOf('timeZone').concat('UTC').includes(timezone))
      return invalid(reply, 'timezone', 'Not a valid choice.');

    let [fromMs, toMs] = [Number.NaN, Number.NaN];
    const among = new Map<string, Set<string>>();
    for (const filter of Array.isArray(query.filters) ? query.filters : []) {
      const { member, operator, values } = bodyOf(filter);
      const given = Array.isArray(values) ? values : [];
      if (member === 'periodStart' && operator === 'afterDate') fromMs = localInstant(given[0], timezone) ?? Number.NaN;
      else if (member === 'periodEnd' && operator === 'beforeDate')
        toMs = localInstant(given[0], timezone) ?? Number.NaN;
      else if (['agentId', 'channel', 'integrationId', 'storeId'].includes(String(member)) && operator === 'one-of')
        among.set(String(member), new Set(given.map(String)));
      else return invalid(reply, 'filters', `${String(member)} ${String(operator)}: not supported.`);
    }
    if (Number.isNaN(fromMs) || Number.isNaN(toMs))
      return invalid(reply, 'filters', 'periodStart and periodEnd are required.');
    if (toMs - fromMs > longestPeriodMs) return invalid(reply, 'filters', 'The period is longer than 366 days.');

    const limit = numberOf(textOf(request.query, 'limit') ?? '30');
    if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
      return invalid(reply, 'limit', 'Must be between 1 and 10000.');
    const cursor = textOf(request.query, 'cursor');
    const offset = cursor ? numberOf(Buffer.from(cursor, 'base64').toString().replace('offset ', '')) : 0;
    if (!Number.isInteger(offset)) return invalid(reply, 'cursor', 'Invalid cursor.');

    const timed: unknown = Array.isArray(query.time_dimensions) ? query.time_dimensions[0] : undefined;
    const about = isRecord(timed) ? timed.dimension : readings.statsPeriod;
    if (about !== 'createdDatetime' && about !== 'closedDatetime')
      return invalid(reply, 'time_dimensions', 'Must be one of: createdDatetime, closedDatetime.');
    const atOf = (ticket: Ticket): number | null =>
      about === 'closedDatetime' ? ticket.closedAtMs : ticket.createdAtMs;
    const knownMs = clock.now().getTime() - readings.statsDelayMs;
    const dimensionOf = (ticket: Ticket, name: string, seconds: number): unknown => {
      switch (name) {
        case 'ticketId':
          return ticket.id;
        case 'agentId':
          return ticket.assigneeId;
        case 'channel':
          return ticket.channel;
        case 'integrationId':
          return ticket.channel === 'email' ? emailIntegration.id : null;
        case 'handleTime':
          return seconds;
        default:
          return null;
      }
    };

    const rows = new Map<string, Row>();
    // A ticket closed in the period was updated in it or later.
    const sorted = about === 'closedDatetime' ? desk.byUpdated : desk.byCreated;
    for (let index = sorted.from(fromMs); index < sorted.rows.length; index += 1) {
      const ticket = sorted.rows[index] as Ticket;
      const atMs = atOf(ticket);
      if (ticket.status !== 'closed' || atMs === null || atMs < fromMs || atMs >= toMs) continue;
      const known = ticket.work.filter((work) => work.atMs <= knownMs);
      const seconds = Math.max(
        0,
        known.reduce((sum, work) => sum + work.seconds, 0),
      );
      if (known.length === 0) continue;
      if ([...among].some(([name, values]) => !values.has(String(dimensionOf(ticket, name, seconds))))) continue;
      const key = Object.fromEntries(dimensions.map((name) => [name, dimensionOf(ticket, name, seconds)]));
      const text = JSON.stringify(key);
      const row = rows.get(text) ?? { key, seconds: 0, tickets: 0 };
      row.seconds += seconds;
      row.tickets += 1;
      rows.set(text, row);
    }
    const asIs = (value: unknown): unknown =>
      readings.statsNumbers === 'text' && typeof value === 'number' ? String(value) : value;
    const [by, way] = Array.isArray(order) && Array.isArray(order[0]) ? order[0] : ['ticketId', 'asc'];
    const sortKey = (row: Row): number =>
      Number(row.key[String(by)] ?? (by === 'averageHandleTime' ? row.seconds / row.tickets : row.seconds));
    const all = [...rows.values()].toSorted((a, b) => (way === 'desc' ? -1 : 1) * (sortKey(a) - sortKey(b)));
    const page = all.slice(offset, offset + limit);
    const cursorAt = (place: number): string => Buffer.from(`offset ${place}`).toString('base64');
    return reply.send({
      object: 'list',
      uri: request.url,
      data: page.map(({ key, seconds, tickets }) => ({
        ...Object.fromEntries(Object.entries(key).map(([name, value]) => [name, asIs(value)])),
        ...(wanted.includes('handleTime') ? { handleTime: asIs(seconds) } : {}),
        ...(wanted.includes('averageHandleTime') ? { averageHandleTime: asIs(seconds / tickets) } : {}),
      })),
      meta: {
        scope,
        prev_cursor: offset > 0 ? cursorAt(Math.max(0, offset - limit)) : null,
        next_cursor: offset + limit < all.length ? cursorAt(offset + limit) : null,
        total: all.length,
        offset,
        limit,
      },
    });
  });
};
