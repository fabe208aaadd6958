import {
  type Conversation,
  type Customer,
  instant,
  type KustomerUser,
  type Message,
  type Named,
  type Note,
  type WorkSession,
} from './model.ts';

export type Attributes = Readonly<Record<string, unknown>>;

/** The names under which other resources are linked, with the kind and place of each. */
const places: Readonly<Record<string, string>> = {
  user: 'users',
  customer: 'customers',
  conversation: 'conversations',
  brand: 'brands',
  queue: 'routing/queues',
  org: 'orgs',
};

export const linkTo = (type: string, id: string): Attributes => ({
  data: { type, id },
  links: { self: `/v1/${places[type] ?? type}/${id}` },
});

export const optional = (name: string, type: string, id: string | null): Attributes =>
  id === null ? {} : { [name]: linkTo(type, id) };

const resource = (
  type: string,
  id: string,
  path: string,
  attributes: Attributes,
  relationships: Attributes,
): Attributes => ({
  type,
  id,
  attributes,
  relationships,
  links: { self: `/v1/${path}/${id}` },
});

export const messageJson = (message: Message, conversation: Conversation, orgId: string): Attributes => {
  const at = instant(message.atMs);
  const first = (conversation.messages[0] ?? message) === message;
  return resource(
    'message',
    message.id,
    'messages',
    {
      externalId: null,
      channel: message.channel,
      app: message.channel === 'email' ? 'postmark' : message.channel,
      size: message.text.length,
      direction: message.direction,
      directionType: first
        ? `initial-${message.direction}`
        : message.direction === 'in'
          ? 'followup-in'
          : 'response-out',
      preview: message.text,
      subject: message.subject,
      meta: { subject: message.subject, from: null, to: [] },
      status: message.direction === 'in' ? 'received' : 'sent',
      auto: message.auto,
      assignedTeams: conversation.assignedTeams,
      assignedUsers: conversation.assignedUsers,
      createdByTeams: [],
      sentAt: at,
      createdAt: at,
      updatedAt: at,
      modifiedAt: at,
      redacted: false,
      rev: 1,
    },
    {
      org: linkTo('org', orgId),
      customer: linkTo('customer', conversation.customerId),
      conversation: linkTo('conversation', conversation.id),
      ...optional('createdBy', 'user', message.userId),
      ...optional('modifiedBy', 'user', message.userId),
    },
  );
};

export const noteJson = (note: Note, conversation: Conversation, orgId: string): Attributes => {
  const at = instant(note.atMs);
  return resource(
    'note',
    note.id,
    'notes',
    { body: note.text, createdAt: at, updatedAt: at, modifiedAt: at, userMentions: [], teamMentions: [] },
    {
      org: linkTo('org', orgId),
      customer: linkTo('customer', conversation.customerId),
      conversation: linkTo('conversation', conversation.id),
      createdBy: linkTo('user', note.userId),
      modifiedBy: linkTo('user', note.userId),
    },
  );
};

/** A work session by one of the two timers: the first tells whole seconds, the second milliseconds. */
export const timeJson = (
  session: WorkSession,
  version: 'v1' | 'v2',
  conversation: Conversation,
  orgId: string,
): Attributes | null => {
  const { v1, v2 } = session;
  if (version === 'v2' && !v2) return null;
  const id = version === 'v2' && v2 ? v2.id : v1.id;
  const figures =
    version === 'v2' && v2
      ? { handleTime: v2.handleMs, messageTime: session.messageMs, noteTime: v2.noteMs }
      : { handleTime: v1.handleSeconds, messageTime: Math.round(session.messageMs / 1000) };
  return resource(
    'conversation_time',
    id,
    'conversations/times',
    {
      handleAt: instant(session.startsAtMs),
      messageAt: session.messageMs > 0 ? instant(session.startsAtMs) : null,
      ...figures,
      channels: session.channels,
      assignedUsers: session.assignedUsers,
      assignedTeams: session.assignedTeams,
      createdByTeams: [],
      createdAt: instant(session.endsAtMs),
      updatedAt: instant(session.endsAtMs),
      modifiedAt: instant(session.endsAtMs),
    },
    {
      org: linkTo('org', orgId),
      conversation: linkTo('conversation', conversation.id),
      customer: linkTo('customer', conversation.customerId),
      createdBy: linkTo('user', session.userId),
      modifiedBy: linkTo('user', session.userId),
    },
  );
};

export const userJson = (user: KustomerUser, orgId: string): Attributes => {
  const at = instant(user.createdAtMs);
  return resource(
    'user',
    user.id,
    'users',
    {
      name: user.name,
      displayName: user.name,
      email: user.email,
      userType: user.userType,
      teams: user.teams,
      roleGroups: [],
      createdAt: at,
      updatedAt: at,
      deletedAt: null,
    },
    { org: linkTo('org', orgId) },
  );
};

export const customerJson = (customer: Customer, orgId: string): Attributes => {
  const at = instant(customer.createdAtMs);
  return resource(
    'customer',
    customer.id,
    'customers',
    {
      name: customer.name,
      displayName: customer.name,
      externalId: null,
      emails: customer.email === null ? [] : [{ type: 'home', email: customer.email, verified: false }],
      sharedEmails: [],
      phones: [],
      socials: [],
      locale: customer.defaultLang,
      defaultLang: customer.defaultLang,
      tags: [],
      createdAt: at,
      updatedAt: at,
      modifiedAt: at,
      rev: 1,
    },
    {
      org: linkTo('org', orgId),
      messages: { links: { self: `/v1/customers/${customer.id}/messages` } },
    },
  );
};

export const namedJson = (type: string, path: string, { id, name }: Named, orgId: string): Attributes =>
  resource(type, id, path, { name, deleted: false }, { org: linkTo('org', orgId) });
