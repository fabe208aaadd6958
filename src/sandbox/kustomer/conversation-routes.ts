import type { FastifyInstance, FastifyReply } from 'fastify';
import type { SandboxClock } from '../clock.ts';
import { isRecord } from '../http.ts';
import { conversationText } from './conversation-json.ts';
import type { Desk } from './desk.ts';
import { notFound, type Query, refuse, refuseField, sendList, sendOne } from './envelope.ts';
import { readTags, readUpdate } from './input.ts';
import { type Attributes, messageJson, noteJson, timeJson } from './json.ts';
import { type Actor, type Conversation, isId } from './model.ts';

/** How the sandbox reads what the documentation leaves open; tests play both ways. */
export interface OpenQuestions {
  /** Body of the tag endpoints: a bare list, an object with `tags`, or either. */
  readonly tagsBody?: 'list' | 'object' | 'either';
  /** What `idsOnly=true` answers: resources without attributes, or bare ids. */
  readonly idsOnly?: 'resources' | 'ids';
  /** The order in which messages and notes are listed. */
  readonly messageOrder?: 'oldest first' | 'newest first';
  /** Which of the vendor's two timers the org has; the other one's list is empty. */
  readonly timers?: 'both' | 'v1' | 'v2';
  /** How late searches show a change, in ms; 0 unless given. */
  readonly indexLagMs?: number;
}

export interface RouteDeps {
  readonly desk: Desk;
  readonly clock: SandboxClock;
  readonly apiUserId: string;
  readonly open: OpenQuestions;
}

interface IdRoute {
  Params: { id: string };
  Querystring: Query;
  Body: unknown;
}

/** Conversations with their messages, notes, times and tags. */
export const addConversationRoutes = (app: FastifyInstance, { desk, clock, apiUserId, open }: RouteDeps): void => {
  const { orgId } = desk;
  const now = (): number => clock.now().getTime();
  const byKey = (): Actor & { readonly atMs: number } => ({ userId: apiUserId, client: 'api-gw', atMs: now() });
  const found = (id: string): Conversation | undefined => {
    const conversation = desk.conversations.get(id);
    return conversation?.deletedAtMs === null ? conversation : undefined;
  };
  const show = (reply: FastifyReply, conversation: Conversation) =>
    sendOne(reply, conversationText(conversation, orgId));
  const ordered = <T>(items: readonly T[]): readonly T[] =>
    open.messageOrder === 'newest first' ? items.toReversed() : items;

  app.get<{ Querystring: Query }>('/v1/conversations', ({ query }, reply) => {
    const alive = [...desk.conversations.values()].filter(({ deletedAtMs }) => deletedAtMs === null).toReversed();
    return sendList(reply, alive, (one) => conversationText(one, orgId), { query, path: '/v1/conversations' });
  });
  app.get<IdRoute>('/v1/conversations/:id', ({ params }, reply) => {
    const conversation = found(params.id);
    return conversation ? show(reply, conversation) : notFound(reply);
  });
  app.put<IdRoute>('/v1/conversations/:id', ({ params, body }, reply) => {
    const conversation = found(params.id);
    if (!conversation) return notFound(reply);
    const values = readUpdate(body, desk);
    if ('pointer' in values) return refuseField(reply, values.pointer, values.detail);
    desk.update(conversation.id, byKey(), values);
    return show(reply, conversation);
  });
  app.delete<IdRoute>('/v1/conversations/:id', ({ params }, reply) => {
    const conversation = found(params.id);
    if (!conversation) return notFound(reply);
    desk.remove(conversation.id, byKey());
    return reply.code(204).send();
  });

  app.get<IdRoute>('/v1/conversations/:id/messages', ({ params, query }, reply) => {
    const conversation = found(params.id);
    if (!conversation) return notFound(reply);
    const path = `/v1/conversations/${params.id}/messages`;
    return sendList(reply, ordered(conversation.messages), (one) => messageJson(one, conversation, orgId), {
      query,
      path,
    });
  });
  app.get<IdRoute>('/v1/conversations/:id/notes', ({ params, query }, reply) => {
    const conversation = found(params.id);
    if (!conversation) return notFound(reply);
    const path = `/v1/conversations/${params.id}/notes`;
    return sendList(reply, ordered(conversation.notes), (one) => noteJson(one, conversation, orgId), { query, path });
  });
  app.post<IdRoute>('/v1/conversations/:id/notes', ({ params, body }, reply) => {
    const conversation = found(params.id);
    if (!conversation) return notFound(reply);
    const text = isRecord(body) ? body.body : undefined;
    if (typeof text !== 'string' || text === '') return refuseField(reply, '/body', 'body: is required');
    const note = desk.note(conversation.id, { atMs: now(), userId: apiUserId, text });
    return sendOne(reply, JSON.stringify(noteJson(note, conversation, orgId)), 201);
  });

  /** The sessions of a conversation that have ended, as one of the timers tells them. */
  const timesOf = (conversation: Conversation, version: 'v1' | 'v2'): Attributes[] =>
    open.timers !== undefined && open.timers !== 'both' && open.timers !== version
      ? []
      : conversation.sessions
          .filter(({ endsAtMs }) => endsAtMs <= now())
          .flatMap((session) => {
            const time = timeJson(session, version, conversation, orgId);
            return time ? [time] : [];
          });
  for (const version of ['v1', 'v2'] as const)
    app.get<IdRoute>(`/${version}/conversations/:id/times`, ({ params, query }, reply) => {
      const conversation = found(params.id);
      if (!conversation) return notFound(reply);
      const path = `/${version}/conversations/${params.id}/times`;
      return sendList(reply, timesOf(conversation, version), (one) => one, { query, path, most: 1000 });
    });
  app.get<{ Params: { ids: string } }>('/v1/conversations/times/:ids', ({ params }, reply) => {
    const wanted = new Set(params.ids.split(','));
    const times = [...desk.conversations.values()]
      .filter(({ deletedAtMs }) => deletedAtMs === null)
      .flatMap((conversation) => timesOf(conversation, 'v1'))
      .filter(({ id }) => wanted.has(String(id)));
    return times.length === 0 ? notFound(reply) : sendOne(reply, JSON.stringify(times.length === 1 ? times[0] : times));
  });

  const changeTags = (
    reply: FastifyReply,
    id: string,
    body: unknown,
    next: (held: readonly string[], given: readonly string[]) => string[],
    { creates }: { readonly creates: boolean },
  ) => {
    const conversation = found(id);
    if (!conversation) return notFound(reply);
    const given = readTags(body, open.tagsBody ?? 'either');
    if (!given) return refuseField(reply, '/tags', 'tags: is a list of names or ids');
    const unknown = given.find((word) => isId(word) && !desk.tags.has(word));
    if (unknown !== undefined) return refuse(reply, 400, `there is no tag ${unknown}`);
    const known = [...desk.tags.values()];
    const ids = given.flatMap((word) => {
      if (isId(word)) return [word];
      if (creates) return [desk.tag(now(), word, byKey()).id];
      return known.find(({ name }) => name === word)?.id ?? [];
    });
    desk.update(conversation.id, byKey(), { tags: next(conversation.tags, ids) });
    return show(reply, conversation);
  };
  const path = '/v1/conversations/:id/tags';
  const without = (held: readonly string[], given: readonly string[]) => held.filter((tag) => !given.includes(tag));
  app.post<IdRoute>(path, ({ params, body }, reply) =>
    changeTags(reply, params.id, body, (held, given) => [...new Set([...held, ...given])], { creates: true }),
  );
  app.delete<IdRoute>(path, ({ params, body }, reply) =>
    changeTags(reply, params.id, body, without, { creates: false }),
  );
};
