import { LimitReached, Refused, UpstreamError } from '../../core/errors.ts';
import { minuteMs, secondMs } from '../../core/time.ts';
import { baseUrlOf } from '../../platform/http/address.ts';
import { isObject } from '../../platform/http/body.ts';
import { createHttp } from '../../platform/http/client.ts';
import { heeding, ifThere } from '../absence.ts';
import { pullInTurn } from '../in-turn.ts';
import type { HelpdeskAdapter, HelpdeskClient, TicketChange } from '../port.ts';
import type { Quota } from '../quota.ts';
import { discover } from './discover.ts';
import { workFeedsOf } from './feeds.ts';
import { createFields } from './fields.ts';
import { authorsOf, readHistory } from './history.ts';
import { inspect } from './inspect.ts';
import { createBulkTagChange } from './jobs.ts';
import { pagesOf } from './pages.ts';
import { createQuotas } from './quota.ts';
import { createRemote } from './remote.ts';
import {
  type Audit,
  auditsAnswer,
  changesAnswer,
  countAnswer,
  meAnswer,
  ticketAnswer,
  ticketsAnswer,
  usersAnswer,
  type ZendeskTicket,
  type ZendeskUser,
} from './schema.ts';
import type { ZendeskSettings } from './settings.ts';
import { createStaff } from './staff.ts';
import { createTagChange } from './tags.ts';
import { isFollowUp, mayBeChosen, snapshotOf, ticketStatus } from './ticket.ts';

/** The most that one bulk read takes. */
const bulkSize = 100;
/** Histories read together; the quota bounds the pace. */
const auditsAtOnce = 6;
/** 10,000 audits: far beyond what a ticket can have; a longer answer is a loop. */
const mostAuditPages = 100;

/** The export refuses a start within the last minute, and answers without that minute. */
const exportLagMs = minuteMs + secondMs;

/**
 * Zendesk's word for a record that is gone. An address without a help desk, or a path that is none, answers 404 in JSON too
 * (https://developer.zendesk.com/api-reference/introduction/requests/#error-responses).
 */
const saysGone = (body: unknown): boolean => isObject(body) && body.error === 'RecordNotFound';

const chunksOf = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

/** One Zendesk account over its REST API, signed in with an API token. A walk reads so many pages, of 1,000 tickets each, at most. */
export const connectZendesk = (
  settings: ZendeskSettings,
  {
    clock,
    wall = clock,
    allowPrivate,
    apiUserId,
    observe,
    counts,
    formerAgents,
  }: Parameters<HelpdeskAdapter['connect']>[1],
  { mostChangePages = 10_000 }: { readonly mostChangePages?: number } = {},
): HelpdeskClient => {
  const baseUrl = baseUrlOf({
    given: settings.baseUrl,
    vendor: `https://${settings.subdomain}.zendesk.com`,
    allowPrivate,
  });
  const authorization = `Basic ${Buffer.from(`${settings.email}/token:${settings.apiToken}`).toString('base64')}`;
  const quotas = createQuotas(clock, settings.limitShare, counts);
  const httpWithin = (quota: Quota) =>
    createHttp({ baseUrl, headers: { authorization }, clock, allowPrivate, observe, ...quota });
  const http = httpWithin(quotas.account);
  const exportsHttp = httpWithin(quotas.exports);
  const updatesHttp = httpWithin(quotas.updates);
  const voiceHttp = httpWithin(quotas.voice);

  const fields = createFields(http, settings);
  const staff = createStaff(async (userIds) => {
    const answers = await Promise.all(
      chunksOf(userIds, bulkSize).map((ids) =>
        http.read({ path: '/api/v2/users/show_many.json', query: { ids: ids.join(',') } }, usersAnswer),
      ),
    );
    return answers.flatMap(({ users }) => users);
  }, settings.aiAgentIds);

  const readMany = (ids: readonly string[]) =>
    http.read(
      // It leaves out what is gone: a 404 speaks of no ticket.
      {
        path: '/api/v2/tickets/show_many.json',
        query: { ids: ids.join(','), include: 'users' },
        saysGone: () => false,
      },
      ticketsAnswer,
    );

  /** A ticket that a bulk read left out; null where Zendesk says that it does not exist. */
  const readOne = (id: string) => {
    const call = { path: '/api/v2/tickets/{id}.json', params: { id }, query: { include: 'users' }, saysGone };
    return ifThere(http.read(call, ticketAnswer));
  };

  /** All audits of a ticket; null where it went away meanwhile. */
  const readAudits = async (id: string): Promise<readonly Audit[] | null> => {
    const audits: Audit[] = [];
    const call = { path: '/api/v2/tickets/{id}/audits.json', params: { id }, query: { include: 'users' }, saysGone };
    const read = async (byCursor: boolean) => {
      for await (const answer of pagesOf(http, call, auditsAnswer, { mostPages: mostAuditPages, byCursor })) {
        audits.push(...answer.audits);
        staff.learn(answer.users ?? []);
      }
      return audits;
    };
    return ifThere(
      read(true).catch((error: unknown) => {
        // Audits of archived tickets do not page; whether they mind being asked to is not documented.
        if (error instanceof UpstreamError && error.status === 400 && audits.length === 0) return read(false);
        throw error;
      }),
    );
  };

  return {
    async verify() {
      const { user } = await http.read({ path: '/api/v2/users/me.json' }, meAnswer).catch((error: unknown) => {
        if (error instanceof UpstreamError && (error.status === 401 || error.status === 403))
          throw new Refused(
            'Zendesk refuses email and API token; check both, and that token access is on in the Admin Center.',
            { cause: error },
          );
        throw error;
      });
      // Zendesk answers a request without valid credentials as an anonymous end user.
      if (!user.id || user.role === null || user.role === 'end-user')
        throw new Refused(
          'Zendesk knows email and API token as no agent; use those of an agent or, for the change feed, an admin.',
        );
      return { apiUserId: user.id, accountName: settings.subdomain };
    },

    async pullTickets(wanted) {
      const wantedById = new Map(wanted.map((one) => [one.externalId, one]));
      const ids = [...wantedById.keys()];
      const tickets = new Map<string, ZendeskTicket>();
      const users = new Map<string, ZendeskUser>();
      const take = (answer: {
        readonly tickets: readonly ZendeskTicket[];
        readonly users?: readonly ZendeskUser[] | null | undefined;
      }): void => {
        for (const ticket of answer.tickets) tickets.set(ticket.id, ticket);
        for (const user of answer.users ?? []) if (user.id) users.set(user.id, user);
        staff.learn(answer.users ?? []);
      };
      for (const answer of await Promise.all(chunksOf(ids, bulkSize).map(readMany))) take(answer);

      const isWanted = (ticket: ZendeskTicket): boolean => {
        const { withHistory, historyHeld = false } = wantedById.get(ticket.id) ?? {};
        if (withHistory !== 'if solved') return withHistory === 'yes';
        return (
          ['solved', 'closed'].includes(ticketStatus(ticket.status)) || (!historyHeld && mayBeChosen(ticket, settings))
        );
      };
      const audits = new Map<string, readonly Audit[] | null>();
      /** What takes calls of its own: tickets that the bulk read left out, and histories. */
      const oneByOne = ids.filter((id) => {
        const ticket = tickets.get(id);
        return !ticket || isWanted(ticket);
      });
      const rest = await pullInTurn(oneByOne, {
        clock: wall,
        atOnce: auditsAtOnce,
        pull: async (id) => {
          if (!tickets.has(id)) {
            const answer = await readOne(id);
            if (answer) take({ tickets: [answer.ticket], users: answer.users });
          }
          const ticket = tickets.get(id);
          if (ticket && isWanted(ticket)) audits.set(id, await readAudits(id));
        },
      });
      const later = new Set(rest.notBegun?.externalIds);
      const authors = [...audits.values()].flatMap((ofTicket) => authorsOf(ofTicket ?? []));
      await staff.know(authors);
      const former = await formerAgents?.(authors.filter((userId) => staff.roleOf(userId) !== 'agent'));

      return {
        ...rest,
        tickets: ids
          .flatMap((id) => (later.has(id) ? [] : (tickets.get(id) ?? [])))
          .map((ticket) => {
            const ofTicket = audits.get(ticket.id);
            const history = ofTicket
              ? readHistory(ofTicket, {
                  settings,
                  apiUserId,
                  requesterId: ticket.requester_id,
                  assigneeId: ticket.assignee_id,
                  followUp: isFollowUp(ticket),
                  byAiAgent: ticket.support_type === 'ai_agent',
                  roleOf: staff.roleOf,
                  wasAgent: (userId) => former?.has(userId) ?? false,
                })
              : null;
            return snapshotOf(ticket, users, settings, history);
          }),
        missing: ids.filter((id) => !later.has(id) && !tickets.has(id)),
        agents: staff.agentsAmong([...users.keys(), ...authors]),
      };
    },

    async *walkChanges(from) {
      const latestStart = clock.now().getTime() - exportLagMs;
      const startSeconds = Math.max(1, Math.floor(Math.min(from.since.getTime(), latestStart) / secondMs));
      let cursor = from.cursor;
      for (let page = 0; page < mostChangePages; page++) {
        const query = cursor === null ? { start_time: startSeconds } : { cursor };
        const answer = await exportsHttp.read(
          { path: '/api/v2/incremental/tickets/cursor.json', query },
          changesAnswer,
        );
        const changed = new Map<string, TicketChange>();
        for (const { id, updated_at, status } of answer.tickets) {
          const seen = changed.get(id);
          if (!seen || seen.updatedAt < updated_at)
            changed.set(id, { externalId: id, updatedAt: updated_at, status: ticketStatus(status ?? '') });
        }
        const next = answer.after_cursor ?? cursor;
        yield { changed: [...changed.values()], cursor: next };
        // An empty page is no end; the same cursor again would be the same page again.
        if (answer.end_of_stream || next === null || next === cursor) return;
        // The export is in the order of generated_timestamp, which is never before updated_at.
        const generated = answer.tickets.at(-1)?.generated_timestamp;
        if (from.until && generated && generated * secondMs > from.until.getTime()) return;
        cursor = next;
      }
      // Whoever ended here in silence would call the walk complete.
      throw new LimitReached(
        `The export of Zendesk's tickets has more than ${mostChangePages} pages in one walk; it goes on there next time.`,
        secondMs,
      );
    },

    async count(since) {
      // Deleted tickets are in no search; what was created in the last minutes may not be in it yet.
      const query = `type:ticket created>=${since.toISOString().slice(0, 19)}Z`;
      try {
        return (await http.read({ path: '/api/v2/search/count', query: { query } }, countAnswer)).count;
      } catch (error) {
        if (error instanceof UpstreamError && [403, 404].includes(error.status ?? 0)) return null;
        throw error;
      }
    },

    changeTags: createTagChange({ http: heeding(http, saysGone), updatesHttp: heeding(updatesHttp, saysGone) }),
    changeTagsOfMany: createBulkTagChange({ http, clock }),
    workFeeds: workFeedsOf(settings, { http, voiceHttp, clock }),
    discover: () => discover(http, settings, fields.list),
    inspect: () => inspect({ http, voiceHttp, clock }, settings, fields.list),
    fields: fields.inUse,
    remote: createRemote(http, settings),
  };
};
