import { Refused, UpstreamError } from '../../core/errors.ts';
import { hourMs, minuteMs } from '../../core/time.ts';
import { BoundedMap } from '../../platform/bounded-map.ts';
import { baseUrlOf } from '../../platform/http/address.ts';
import { ifThere, proveAccount } from '../absence.ts';
import { pullInTurn } from '../in-turn.ts';
import type { HelpdeskAdapter, HelpdeskClient, TicketSnapshot } from '../port.ts';
import { createBucket, windowMs } from './bucket.ts';
import { createWalk } from './changes.ts';
import { createGorgiasClient } from './client.ts';
import { mergeTargetIn, tagIdsIn } from './events.ts';
import { createHandleTimes } from './handle-time.ts';
import { readHistory } from './history.ts';
import { createGorgiasHttp } from './http.ts';
import { createInspection } from './inspect.ts';
import { createRemote } from './remote.ts';
import type { GorgiasEvent, GorgiasField, GorgiasMessage, GorgiasTicket, VoiceCall } from './schema.ts';
import { createScoreWriter } from './score.ts';
import type { GorgiasSettings } from './settings.ts';
import { createStaff } from './staff.ts';
import { createTagWriter } from './tags.ts';
import { assigneeOf, byTimeThenId, mayBeChosen, requesterOf, snapshotOf, ticketStatus } from './ticket.ts';

/** Tickets pulled together; the bucket bounds the pace. */
const pulledAtOnce = 6;
/** How long "this account has no voice calls for us" holds. */
const noVoiceMs = hourMs;
/** Definitions of fields change by an administrator's hand. */
const fieldsFreshMs = 10 * minuteMs;
/** Names of deleted tags held in memory. */
const mostTagNames = 5000;

/** One Gorgias account over its REST API, signed in with a user's API key. */
export const connectGorgias = (
  settings: GorgiasSettings,
  { clock, wall = clock, allowPrivate, apiUserId, observe, counts }: Parameters<HelpdeskAdapter['connect']>[1],
): HelpdeskClient => {
  const baseUrl = baseUrlOf({
    given: settings.baseUrl,
    vendor: `https://${settings.account}.gorgias.com`,
    allowPrivate,
  });
  const bucket = createBucket({
    clock,
    share: settings.limitShare,
    count: counts?.({ name: 'account', windowMs }),
  });
  const { email, apiKey } = settings;
  const client = createGorgiasClient(
    createGorgiasHttp({ baseUrl, email, apiKey, clock, allowPrivate, bucket, observe }),
  );
  const staff = createStaff(client.users, clock);
  const handleTimes = createHandleTimes(client.stats, clock);

  /** Undefined: the tag is gone from the account. */
  const tagNames = new BoundedMap<string, string | undefined>(mostTagNames);
  const knowTags = async (ticket: GorgiasTicket, events: readonly GorgiasEvent[]): Promise<void> => {
    for (const { id, name } of ticket.tags) if (id) tagNames.set(id, name);
    for (const id of tagIdsIn(events)) {
      if (tagNames.has(id)) continue;
      tagNames.set(id, (await ifThere(client.tag(id)))?.name);
    }
  };

  let noVoiceUntilMs = Number.NEGATIVE_INFINITY;
  /** Talk times are an extra of the account: where they are not told, a call counts as a reply. */
  const voiceCallsOf = async (ticket: GorgiasTicket, messages: readonly GorgiasMessage[]): Promise<VoiceCall[]> => {
    const phoned = [ticket, ...messages].some(({ channel }) => channel === 'phone');
    if (!phoned || clock.now().getTime() < noVoiceUntilMs) return [];
    try {
      return await client.voiceCalls(ticket.id);
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.status === undefined || error.status === 401) throw error;
      noVoiceUntilMs = clock.now().getTime() + noVoiceMs;
      return [];
    }
  };

  let fields: { readonly atMs: number; readonly list: readonly GorgiasField[] } | undefined;
  const fieldOf = async (id: string): Promise<GorgiasField | undefined> => {
    const nowMs = clock.now().getTime();
    if (!fields || nowMs - fields.atMs > fieldsFreshMs) fields = { atMs: nowMs, list: await client.fields() };
    return fields.list.find((field) => field.id === id && !field.deactivated_datetime);
  };

  const historyOf = async (ticket: GorgiasTicket, messages: readonly GorgiasMessage[]) => {
    const events = await client.events(ticket.id);
    await knowTags(ticket, events);
    const people = [
      ...messages.flatMap(({ from_agent, sender }) => (from_agent && sender?.id ? [sender.id] : [])),
      ...events.flatMap(({ user_id }) => user_id ?? []),
    ];
    await staff.know(people.filter((id) => id !== requesterOf(ticket)?.id));
    const trashedAt = ticket.trashed_datetime;
    const lost = trashedAt && mergeTargetIn(events, ticket.id) === null;
    const solved = ticketStatus(ticket, clock.now()) === 'solved';
    const closedAt = ticket.closed_datetime ?? ticket.updated_datetime;
    return readHistory(
      {
        ticket,
        messages,
        events,
        merges: lost ? await client.mergesAround(trashedAt) : [],
        calls: await voiceCallsOf(ticket, messages),
        handleTime: solved && closedAt ? await handleTimes.of(ticket.id, closedAt, ticket.created_datetime) : null,
      },
      {
        settings,
        apiUserId,
        customerId: requesterOf(ticket)?.id ?? null,
        isBot: staff.isBot,
        tagName: (id) => tagNames.get(id),
        now: clock.now(),
      },
    );
  };

  const verify: HelpdeskClient['verify'] = async () => {
    try {
      const me =
        (await client.me()) ?? (await client.users()).find((user) => user.email?.toLowerCase() === email.toLowerCase());
      if (me && me.id !== '0') return { apiUserId: me.id, accountName: settings.account };
    } catch (error) {
      if (!(error instanceof UpstreamError && (error.status === 401 || error.status === 403))) throw error;
      throw new Refused(
        'Gorgias refuses e-mail and API key; check both under Settings > REST API, and that the plan includes the API.',
        { cause: error },
      );
    }
    throw new Refused(
      'Gorgias takes the API key but knows no user with the e-mail of the connection; write the e-mail of the user who made the key.',
    );
  };

  return {
    verify,

    async pullTickets(wanted) {
      const byId = new Map(wanted.map((one) => [one.externalId, one]));
      const ids = [...byId.keys()];
      const tickets = new Map<string, TicketSnapshot>();
      const missing: string[] = [];
      const people = new Map<string, { readonly id: string; readonly name: string | null }>();

      const pull = async (id: string): Promise<void> => {
        const ticket = await ifThere(client.ticket(id));
        if (!ticket) return void missing.push(id);
        const cut = (ticket.messages_count ?? 0) > ticket.messages.length;
        const messages = (cut ? await client.messages(id) : ticket.messages).toSorted(byTimeThenId);
        const withHistory = byId.get(id)?.withHistory;
        // A merge leaves its source in the trash; only the events tell where it went.
        const ended = ticketStatus(ticket, clock.now()) === 'solved' || ticket.trashed_datetime !== null;
        // A contradiction is the one sign of a person's change that this helpdesk gives: also where a history is held.
        const deep = withHistory === 'yes' || (withHistory === 'if solved' && (ended || mayBeChosen(ticket, settings)));
        const read = deep ? await historyOf(ticket, messages) : null;
        tickets.set(id, snapshotOf(ticket, messages, settings, read, clock.now()));
        for (const { from_agent, sender } of messages)
          if (from_agent && sender?.id) people.set(sender.id, { id: sender.id, name: sender.name });
        const assignee = assigneeOf(ticket);
        if (assignee)
          people.set(assignee, {
            id: assignee,
            name: ticket.assignee_user?.name ?? people.get(assignee)?.name ?? null,
          });
      };

      const rest = await pullInTurn(ids, { clock: wall, atOnce: pulledAtOnce, pull });
      if (missing.length > 0 && tickets.size === 0) await proveAccount(verify);
      return {
        tickets: ids.flatMap((id) => tickets.get(id) ?? []),
        missing,
        ...rest,
        agents: staff.agentsAmong(people.values()),
      };
    },

    walkChanges: createWalk(client.tickets, clock),
    changeTags: createTagWriter(client, fieldOf, settings),
    recordScore: createScoreWriter(client),
    inspect: createInspection({ client, settings, clock, bucket }),
    remote: createRemote({ client, settings, clock }),

    async fields() {
      const all = await client.fields().catch((error: unknown) => {
        if (error instanceof UpstreamError && !error.retryable && [403, 404].includes(error.status ?? 0)) return null;
        throw error;
      });
      return (
        all
          ?.filter(({ deactivated_datetime }) => !deactivated_datetime)
          .map(({ id, label, definition: choices }) => ({
            id,
            title: label ?? null,
            holds: choices === null ? 'text' : 'choice',
          })) ?? null
      );
    },

    /** By listing: no documented figure says what it counts. Latest first, so that nothing moves that we have not read. */
    async count(since, stop) {
      let count = 0;
      for await (const { data } of client.tickets({ orderBy: 'created_datetime:desc', trashed: false, cursor: null })) {
        const recent = data.filter(({ created_datetime: at }) => at >= since);
        count += recent.filter((ticket) => ticketStatus(ticket, clock.now()) !== 'deleted').length;
        if (recent.length < data.length) break;
        if (stop?.aborted) return null;
      }
      return count;
    },
  };
};
