import { connectGorgias } from '../../../src/helpdesks/gorgias/connect.ts';
import { type GorgiasSettings, settingsSchema } from '../../../src/helpdesks/gorgias/settings.ts';
import { clockFrom } from '../nocked.ts';

export const secret = 'a-long-random-secret-of-our-own';
export const fields = { order: '501', partner: '502', region: '503', reason: '504' };
export const origin = 'https://loom.gorgias.com';

export const settingsWith = (more: object = {}): GorgiasSettings =>
  settingsSchema.parse({
    name: 'Desk',
    account: 'loom',
    email: 'deskledger@example.com',
    apiKey: 'the-api-key',
    webhookSecret: secret,
    orderNumberFieldId: fields.order,
    partnerFieldId: fields.partner,
    regionFieldId: fields.region,
    reasonFieldId: fields.reason,
    limitShare: 1,
    ...more,
  });

export const apiUser = '9000';
export const anna = '501001';
export const ben = '501002';
export const bot = '501003';
export const customer = '700001';
export const ticketId = '153006867';

export const now = new Date('2026-03-01T12:00:00Z');

export const clockAt = (start = now) => clockFrom(start);

export const connect = (more: object = {}, clock = clockAt().clock) =>
  connectGorgias(settingsWith(more), { clock, allowPrivate: false, apiUserId: apiUser });

/** `minute` minutes after 08:00 as live answers write it. */
export const at = (minute: number): string =>
  new Date(Date.UTC(2026, 2, 1, 8, minute)).toISOString().replace('Z', '123+00:00');
export const minuteAt = (minute: number): Date => new Date(Date.UTC(2026, 2, 1, 8, minute));

type Json = Record<string, unknown>;

export const message = (id: number, minute: number, more: Json = {}): Json => ({
  id,
  ticket_id: Number(ticketId),
  public: true,
  channel: 'email',
  via: 'email',
  from_agent: false,
  rule_id: null,
  integration_id: 116_873,
  sender: { id: Number(customer), email: 'kim@example.com', name: 'Kim' },
  source: { type: 'email', from: { address: 'kim@example.com' }, to: [{ address: 'Help@Loom.example', name: '' }] },
  body_text: 'Where is my parcel?',
  stripped_text: 'Where is my parcel?',
  created_datetime: at(minute),
  sent_datetime: null,
  failed_datetime: null,
  ...more,
});
export const reply = (id: number, minute: number, agentId: string, more: Json = {}): Json =>
  message(id, minute, {
    via: 'helpdesk',
    from_agent: true,
    sender: { id: Number(agentId), name: `User ${agentId}` },
    source: { type: 'email', from: { address: 'help@loom.example' }, to: [{ address: 'kim@example.com' }] },
    body_text: 'It is on its way.',
    sent_datetime: at(minute),
    ...more,
  });
export const note = (id: number, minute: number, agentId: string, more: Json = {}): Json =>
  reply(id, minute, agentId, { channel: 'internal-note', public: false, sent_datetime: null, ...more });

export const ticketJson = (more: Json = {}): Json => ({
  id: Number(ticketId),
  status: 'open',
  channel: 'email',
  via: 'email',
  from_agent: false,
  spam: false,
  language: 'sv',
  subject: 'Order #1001',
  customer: { id: Number(customer), email: 'kim@example.com', name: 'Kim', channels: [] },
  assignee_user_id: Number(anna),
  assignee_user: { id: Number(anna), name: 'Anna' },
  tags: [{ id: 1, name: 'vip', decoration: {} }],
  custom_fields: { [fields.order]: { id: Number(fields.order), value: '1001' } },
  messages: [message(1, 0)],
  satisfaction_survey: null,
  created_datetime: at(0),
  updated_datetime: at(60),
  closed_datetime: null,
  snooze_datetime: null,
  trashed_datetime: null,
  ...more,
});
export const closedTicket = (more: Json = {}): Json =>
  ticketJson({ status: 'closed', closed_datetime: at(60), ...more });

export const event = (id: number, minute: number, type: string, userId: string | null, more: Json = {}): Json => ({
  id,
  context: `context-${id}`,
  created_datetime: at(minute),
  data: null,
  object_id: Number(ticketId),
  object_type: 'Ticket',
  type,
  user_id: userId === null ? null : Number(userId),
  ...more,
});

export const list = (data: readonly unknown[], next: string | null = null): Json => ({
  object: 'list',
  data,
  meta: { prev_cursor: null, next_cursor: next },
});
export const users = list([
  { id: Number(anna), name: 'Anna', email: 'anna@example.com', role: { name: 'agent' } },
  { id: Number(ben), name: 'Ben', email: 'ben@example.com', role: { name: 'basic-agent' } },
  { id: Number(bot), name: 'Gorgias Bot', email: 'bot@gorgias.com', role: { name: 'bot' } },
  { id: Number(apiUser), name: 'Deskledger', email: 'deskledger@example.com', role: { name: 'admin' } },
]);
