import { Refused, UpstreamError } from '../../core/errors.ts';
import { baseUrlOf } from '../../platform/http/address.ts';
import { createHttp } from '../../platform/http/client.ts';
import { heeding, ifThere, isErrorBody, proveAccount } from '../absence.ts';
import { pullInTurn } from '../in-turn.ts';
import type { HelpdeskAdapter, HelpdeskClient, TicketSnapshot } from '../port.ts';
import type { Quota } from '../quota.ts';
import { createAttributes } from './attributes.ts';
import { readAudits, toldSince } from './audits.ts';
import { authorsOf, mayHoldChoices, personChanges, tagsOf } from './choices.ts';
import { type HistoryParts, readHistory, userOf } from './history.ts';
import { inspectAccount } from './inspect.ts';
import { readAll } from './pages.ts';
import { createQuotas } from './quota.ts';
import {
  type Conversation,
  type Customer,
  conversationSchema,
  customerSchema,
  type Message,
  messageSchema,
  noteSchema,
  oneOf,
  tagSchema,
  userSchema,
} from './schema.ts';
import { createSearches } from './search.ts';
import type { KustomerSettings } from './settings.ts';
import { createStaff } from './staff.ts';
import { createTagNames } from './tags.ts';
import { conversationStatus, mayBeChosen, snapshotOf } from './ticket.ts';
import { createTimes } from './times.ts';
import { createRemote } from './webhook.ts';
import { createWriter } from './write.ts';

/** Conversations pulled together; the quota bounds the pace. */
const pulledAtOnce = 6;
/** Done conversations that are looked at for the timer that runs; two calls each at most. */
const mostLookedAt = 10;
/** 10,000 messages: far beyond what a conversation can have; a longer list is a loop. */
const mostPages = 100;
/** The host of another pod ("https://api.prod2.kustomerapp.com") is Kustomer's as well. */
const vendorOf = ({ org, baseUrl }: KustomerSettings): string => {
  const url = URL.parse(baseUrl ?? '');
  return url?.protocol === 'https:' && url.hostname.endsWith('.kustomerapp.com')
    ? url.origin
    : `https://${org}.api.kustomerapp.com`;
};

const isStatus = (error: unknown, ...statuses: readonly number[]): boolean =>
  error instanceof UpstreamError && !error.retryable && statuses.includes(error.status ?? 0);

/** One Kustomer account over its REST API (https://developer.kustomer.com/api), signed in with an API key. */
export const connectKustomer = (
  settings: KustomerSettings,
  { clock, wall = clock, allowPrivate, apiUserId, observe, counts }: Parameters<HelpdeskAdapter['connect']>[1],
): HelpdeskClient => {
  // People copy the address with the version at its end; paths begin with it.
  const given = settings.baseUrl?.replace(/\/v\d+$/, '');
  const baseUrl = baseUrlOf({ given, vendor: vendorOf(settings), allowPrivate });
  const quotas = createQuotas(clock, settings.limitShare, counts);
  const httpWithin = (quota: Quota) =>
    createHttp({
      baseUrl,
      headers: { authorization: `Bearer ${settings.apiKey}` },
      clock,
      allowPrivate,
      observe,
      ...quota,
    });
  const http = heeding(httpWithin(quotas.account), isErrorBody);
  const searches = createSearches(heeding(httpWithin(quotas.searches), isErrorBody), clock);
  const times = createTimes(http, settings.timesVersion);
  const tags = createTagNames(clock, () => readAll(http, { path: '/v1/tags', of: tagSchema, mostPages }));
  const staff = createStaff({
    // A key that may not read users takes them all for agents; `inspect` says so.
    all: () =>
      readAll(http, { path: '/v1/users', of: userSchema, mostPages }).catch((error: unknown) => {
        if (isStatus(error, 403, 404)) return [];
        throw error;
      }),
    one: async (id) => {
      try {
        return (await http.read({ path: '/v1/users/{id}', params: { id } }, oneOf(userSchema))).data;
      } catch (error) {
        if (isStatus(error, 403, 404, 410)) return null;
        throw error;
      }
    },
  });

  const readConversation = async (id: string): Promise<Conversation> =>
    (await http.read({ path: '/v1/conversations/{id}', params: { id } }, oneOf(conversationSchema))).data;
  const readCustomer = async (id: string): Promise<Customer | null> =>
    (await ifThere(http.read({ path: '/v1/customers/{id}', params: { id } }, oneOf(customerSchema))))?.data ?? null;
  const readMessages = (id: string): Promise<Message[]> =>
    readAll(http, { path: '/v1/conversations/{id}/messages', params: { id }, of: messageSchema, mostPages });
  const readNotes = async (id: string) =>
    (await ifThere(
      readAll(http, { path: '/v1/conversations/{id}/notes', params: { id }, of: noteSchema, mostPages }),
    )) ?? [];

  const verify = async () => {
    const { data } = await http.read({ path: '/v1/users/current' }, oneOf(userSchema)).catch((error: unknown) => {
      if (error instanceof UpstreamError && (error.status === 401 || error.status === 403))
        throw new Refused(
          'Kustomer refuses the API key; check that it is whole, not expired, and of this organisation.',
          { cause: error },
        );
      throw error;
    });
    return data;
  };

  const attributes = createAttributes(http, settings);
  const writer = createWriter({
    http: heeding(httpWithin(quotas.updates), isErrorBody),
    settings,
    tags,
    read: readConversation,
  });

  const pull = async (id: string, withHistory: (conversation: Conversation) => boolean, historyHeld: boolean) => {
    const conversation = await ifThere(readConversation(id));
    if (!conversation) return null;
    const deep = withHistory(conversation);
    const customerId = conversation.relationships?.customer?.id;
    const [customer, messages, work] = await Promise.all([
      customerId ? readCustomer(customerId) : null,
      // Whoever holds the history holds what the first words told.
      deep || !historyHeld ? ifThere(readMessages(id)) : null,
      deep ? ifThere(times.read(id)) : null,
    ]);
    if (!deep) return { conversation, customer, messages: messages ?? [], deep: null };
    const { times: sessions, version } = work ?? { times: [], version: times.version() ?? 'v2' };
    const isMeasured = sessions.some(({ attributes }) => (attributes.handleTime ?? 0) > 0);
    const isAsked = mayHoldChoices(conversation, settings);
    const [notes, audits] = await Promise.all([
      // Notes make estimates alone.
      isMeasured || conversation.attributes.noteCount === 0 ? [] : readNotes(id),
      isAsked ? readAudits(http, id) : [],
    ]);
    const choicesSince = isAsked && audits ? toldSince(audits, clock.now()) : null;
    const deepParts = { times: sessions, version, notes, audits, choicesSince };
    return { conversation, customer, messages: messages ?? [], deep: deepParts };
  };

  return {
    async verify() {
      const { id } = await verify();
      return { apiUserId: id, accountName: settings.org };
    },

    async pullTickets(wanted) {
      const wantedById = new Map(wanted.map((one) => [one.externalId, one]));
      const ids = [...wantedById.keys()];
      const tickets = new Map<string, TicketSnapshot>();
      const missing: string[] = [];
      const people = new Set<string>();

      const pullOne = async (id: string): Promise<void> => {
        const { withHistory, historyHeld = false } = wantedById.get(id) ?? { withHistory: 'no' };
        const isDeep = (conversation: Conversation): boolean => {
          if (withHistory !== 'if solved') return withHistory === 'yes';
          const status = conversationStatus(conversation.attributes);
          return status === 'solved' || status === 'closed' || (!historyHeld && mayBeChosen(conversation, settings));
        };
        const one = await pull(id, isDeep, historyHeld);
        if (!one) return void missing.push(id);
        const { conversation, customer, messages, deep } = one;
        const users = [
          ...conversation.attributes.assignedUsers,
          ...(deep
            ? [
                ...[...messages, ...deep.notes, ...deep.times].flatMap((made) => userOf(made) ?? []),
                ...deep.times.flatMap(({ attributes }) => attributes.assignedUsers),
                ...authorsOf(deep.audits ?? []),
              ]
            : []),
        ];
        await Promise.all([
          staff.know(users),
          tags.know([...conversation.attributes.tags, ...tagsOf(deep?.audits ?? [])]),
        ]);
        for (const user of users) people.add(user);
        const context = { settings, apiUserId, roleOf: staff.roleOf, tagNameOf: tags.nameOf, now: clock.now() };
        const parts: HistoryParts | null = deep && {
          ...deep,
          messages,
          choices: deep.audits && personChanges(deep.audits, context),
        };
        const snapshot = snapshotOf(
          conversation,
          {
            customer: customer ?? undefined,
            messages,
            tags: conversation.attributes.tags.flatMap((tag) => tags.nameOf(tag) ?? []),
            history: parts && readHistory(conversation, parts, context),
          },
          settings,
        );
        tickets.set(id, snapshot);
      };

      const rest = await pullInTurn(ids, { clock: wall, atOnce: pulledAtOnce, pull: pullOne });
      if (missing.length > 0 && tickets.size === 0) await proveAccount(verify);
      return {
        tickets: ids.flatMap((id) => tickets.get(id) ?? []),
        missing,
        ...rest,
        agents: staff.agentsAmong(people),
      };
    },

    walkChanges: searches.walkChanges,
    changeTags: writer.changeTags,
    count: searches.count,
    /** Which of the two timers the account has on, so that the setting says it from then on. */
    async discover() {
      if (settings.timesVersion !== undefined) return { settings: {}, notes: [] };
      const timesVersion = await times.measuring(await searches.latestDone(mostLookedAt));
      return timesVersion === null
        ? {
            settings: {},
            notes: [
              'No conversation with measured time was found yet: the timer that measures first counts. It is looked for again each day.',
            ],
          }
        : { settings: { timesVersion }, notes: [`Handle time is read from Kustomer's ${timesVersion} timer.`] };
    },
    fields: attributes.fields,
    inspect: () => inspectAccount({ http, searches, times, attributes, settings, limit: quotas.limit }),
    remote: createRemote(http, {
      tokens: settings.webhookToken,
      orgId: async () => (await verify()).relationships?.org?.id ?? null,
      attributes,
    }),
  };
};
