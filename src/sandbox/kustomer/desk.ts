import { applyValues, changing, forAudit } from './changes.ts';
import { conversationText } from './conversation-json.ts';
import { customerJson, messageJson, namedJson, userJson } from './json.ts';
import {
  type Actor,
  type Attribute,
  type AuditEntry,
  type Changes,
  type Conversation,
  type ConversationValues,
  type Customer,
  createIds,
  type Happening,
  type KustomerUser,
  type Message,
  type Named,
  type Note,
  type ObjectType,
  type Satisfaction,
  type WorkSession,
} from './model.ts';
import { type NewConversation, newConversation } from './new-conversation.ts';

export interface NewSession {
  readonly userId: string;
  readonly startsAtMs: number;
  readonly durationMs: number;
  /** When the agent leaves the conversation and the session is told, if later than its end. */
  readonly endsAtMs?: number;
  /** What the older timer counts, if it is not the same: it also counts looking on, and each tab apart. */
  readonly v1Seconds?: number;
  readonly messageMs?: number;
  readonly noteMs?: number;
  /** Looking at a conversation that is done: only the older timer counts it. */
  readonly looksOnly?: boolean;
}

export interface Desk {
  readonly orgId: string;
  readonly users: ReadonlyMap<string, KustomerUser>;
  readonly customers: ReadonlyMap<string, Customer>;
  readonly conversations: ReadonlyMap<string, Conversation>;
  readonly tags: ReadonlyMap<string, Named>;
  readonly brands: readonly Named[];
  readonly queues: readonly Named[];
  readonly teams: readonly Named[];
  /** The custom attributes that the conversation klass has, by name. */
  readonly attributes: Map<string, Attribute>;
  /** Who did what, oldest first. */
  readonly audits: readonly AuditEntry[];
  /** Answers to the org's own surveys, by the response's id. */
  readonly responses: ReadonlyMap<string, Satisfaction & { readonly conversationId: string }>;
  /** Goes up with every change of a conversation. */
  readonly version: () => number;
  addUser(user: Omit<KustomerUser, 'id' | 'createdAtMs' | 'teams'>): KustomerUser;
  addCustomer(atMs: number, customer: Pick<Customer, 'name' | 'email' | 'defaultLang'>): Customer;
  /** The tag of this name, made where there is none. */
  tag(atMs: number, name: string, by: Actor): Named;
  conversation(id: string): Conversation;
  start(input: NewConversation): Conversation;
  /** Null where nothing differs. */
  update(id: string, by: Actor & { readonly atMs: number }, values: ConversationValues): Changes | null;
  /** A message of the customer: it opens again what is done or snoozed. RangeError where the conversation has ended. */
  receive(id: string, message: { readonly atMs: number; readonly text: string }): Message;
  /** A message of ours to the customer; without a user it is a rule's. */
  reply(
    id: string,
    message: { readonly atMs: number; readonly userId: string | null; readonly text: string; readonly auto?: boolean },
  ): Message;
  note(id: string, note: { readonly atMs: number; readonly userId: string; readonly text: string }): Note;
  /** An agent's session of work; the API tells it once it has ended. */
  work(id: string, session: NewSession): WorkSession;
  rate(id: string, answer: { readonly atMs: number; readonly rating: number }): void;
  remove(id: string, by: Actor & { readonly atMs: number }): void;
}

const customerActor: Actor = { userId: null, client: 'inbound' };

/** The helpdesk's memory: people, conversations and who changed what. Every change is told to `onHappening`. */
export const createDesk = (options: {
  readonly startsAtMs: number;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly brands: readonly string[];
  readonly queues: readonly string[];
  readonly teams: readonly string[];
  readonly onHappening: (happening: Happening) => void;
}): Desk => {
  const { startsAtMs, onHappening } = options;
  const nextId = createIds();
  const orgId = nextId(startsAtMs);
  const named = (names: readonly string[]): Named[] => names.map((name) => ({ id: nextId(startsAtMs), name }));
  const teams = named(options.teams);
  const users = new Map<string, KustomerUser>();
  const customers = new Map<string, Customer>();
  const conversations = new Map<string, Conversation>();
  const tags = new Map<string, Named>();
  const tagsByName = new Map<string, Named>();
  const audits: AuditEntry[] = [];
  const responses = new Map<string, Satisfaction & { readonly conversationId: string }>();
  let version = 0;

  const tell = (
    verb: 'create' | 'update',
    objectType: ObjectType,
    objectId: string,
    by: Actor & { readonly atMs: number },
    resource: () => string,
    changes: Changes | null = null,
  ): void => {
    const { atMs, userId, client } = by;
    const actor = { userId, client };
    audits.push({
      id: nextId(atMs),
      atMs,
      verb,
      objectType,
      objectId,
      by: actor,
      changes: changes && forAudit(changes),
    });
    onHappening({ objectType, verb, objectId, atMs, by: actor, changes, resource });
  };

  const conversationOf = (id: string): Conversation => {
    const conversation = conversations.get(id);
    if (!conversation) throw new RangeError(`the sandbox has no conversation ${id}`);
    return conversation;
  };

  const change = (
    conversation: Conversation,
    by: Actor & { readonly atMs: number },
    alter: () => void,
  ): Changes | null => {
    const changes = changing(conversation, by, alter);
    if (!changes) return null;
    version += 1;
    tell('update', 'conversation', conversation.id, by, () => conversationText(conversation, orgId), changes);
    return changes;
  };

  /** A message, then what it changes of its conversation: two events, in this order. */
  const say = (
    conversation: Conversation,
    by: Actor & { readonly atMs: number },
    said: Pick<Message, 'direction' | 'text' | 'auto'>,
    after: ConversationValues,
  ): Message => {
    const { atMs, userId } = by;
    const { name, channels } = conversation;
    const message: Message = {
      id: nextId(atMs),
      atMs,
      channel: channels[0] ?? 'email',
      subject: channels[0] === 'email' ? name : null,
      userId,
      ...said,
    };
    tell('create', 'message', message.id, by, () => JSON.stringify(messageJson(message, conversation, orgId)));
    change(conversation, by, () => {
      conversation.messages.push(message);
      conversation.lastActivityAtMs = Math.max(conversation.lastActivityAtMs, atMs);
      applyValues(conversation, after, by);
    });
    return message;
  };

  const desk: Desk = {
    orgId,
    users,
    customers,
    conversations,
    tags,
    brands: named(options.brands),
    queues: named(options.queues),
    teams,
    attributes: new Map(options.attributes),
    audits,
    responses,
    version: () => version,
    conversation: conversationOf,
    addUser(input) {
      const user: KustomerUser = {
        id: nextId(startsAtMs),
        ...input,
        teams: input.userType === 'user' ? teams.map(({ id }) => id) : [],
        createdAtMs: startsAtMs,
      };
      users.set(user.id, user);
      tell('create', 'user', user.id, { userId: null, client: 'web', atMs: startsAtMs }, () =>
        JSON.stringify(userJson(user, orgId)),
      );
      return user;
    },
    addCustomer(atMs, input) {
      const customer: Customer = { id: nextId(atMs), ...input, createdAtMs: atMs };
      customers.set(customer.id, customer);
      tell('create', 'customer', customer.id, { ...customerActor, atMs }, () =>
        JSON.stringify(customerJson(customer, orgId)),
      );
      return customer;
    },
    tag(atMs, name, by) {
      const known = tagsByName.get(name);
      if (known) return known;
      const tag = { id: nextId(atMs), name };
      tags.set(tag.id, tag);
      tagsByName.set(name, tag);
      tell('create', 'tag', tag.id, { ...by, atMs }, () => JSON.stringify(namedJson('tag', 'tags', tag, orgId)));
      return tag;
    },
    start(input) {
      const { atMs } = input;
      const at = { ...customerActor, atMs };
      const tagIds = (input.tags ?? []).map((tag) => desk.tag(atMs, tag, customerActor).id);
      const conversation = newConversation(nextId(atMs), input, tagIds);
      conversations.set(conversation.id, conversation);
      version += 1;
      tell('create', 'conversation', conversation.id, at, () => conversationText(conversation, orgId));
      say(conversation, at, { direction: 'in', text: input.text, auto: false }, {});
      return conversation;
    },
    update: (id, by, values) => {
      const conversation = conversationOf(id);
      return change(conversation, by, () => applyValues(conversation, values, by));
    },
    receive(id, { atMs, text }) {
      const conversation = conversationOf(id);
      if (conversation.endedAtMs !== null) throw new RangeError(`conversation ${id} has ended and takes no message`);
      return say(conversation, { ...customerActor, atMs }, { direction: 'in', text, auto: false }, { status: 'open' });
    },
    reply(id, { atMs, userId, text, auto = userId === null }) {
      const by: Actor = { userId, client: auto ? 'workflow' : 'web' };
      return say(conversationOf(id), { ...by, atMs }, { direction: 'out', text, auto }, {});
    },
    note(id, { atMs, userId, text }) {
      const conversation = conversationOf(id);
      const note: Note = { id: nextId(atMs), atMs, userId, text };
      change(conversation, { userId, client: 'web', atMs }, () => conversation.notes.push(note));
      return note;
    },
    work(id, input) {
      const conversation = conversationOf(id);
      const { userId, startsAtMs: startMs, durationMs, messageMs = 0, noteMs = 0 } = input;
      const session: WorkSession = {
        v1: { id: nextId(startMs), handleSeconds: input.v1Seconds ?? Math.round(durationMs / 1000) },
        v2: input.looksOnly ? null : { id: nextId(startMs), handleMs: durationMs, noteMs },
        messageMs,
        userId,
        startsAtMs: startMs,
        endsAtMs: Math.max(input.endsAtMs ?? 0, startMs + durationMs),
        channels: [...conversation.channels],
        assignedUsers: conversation.assignedUsers,
        assignedTeams: conversation.assignedTeams,
      };
      conversation.sessions.push(session);
      return session;
    },
    rate(id, { atMs, rating }) {
      const conversation = conversationOf(id);
      const satisfaction: Satisfaction = {
        responseId: nextId(atMs),
        rating,
        channel: conversation.channels[0] ?? 'email',
        atMs,
      };
      responses.set(satisfaction.responseId, { ...satisfaction, conversationId: id });
      change(conversation, { ...customerActor, atMs }, () => {
        conversation.satisfaction = satisfaction;
      });
    },
    remove(id, { atMs, userId, client }) {
      const conversation = conversationOf(id);
      if (conversation.deletedAtMs !== null) return;
      conversation.deletedAtMs = atMs;
      conversation.updatedAtMs = Math.max(conversation.updatedAtMs, atMs);
      version += 1;
      // A deletion is in the audit log and in searches that ask for it; no webhook tells it.
      audits.push({
        id: nextId(atMs),
        atMs,
        verb: 'delete',
        objectType: 'conversation',
        objectId: id,
        by: { userId, client },
        changes: null,
      });
    },
  };
  return desk;
};
