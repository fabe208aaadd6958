import { createHmac } from 'node:crypto';
import { readHistory } from '../../../src/helpdesks/zendesk/history.ts';
import { auditSchema } from '../../../src/helpdesks/zendesk/schema.ts';
import { settingsSchema, type ZendeskSettings } from '../../../src/helpdesks/zendesk/settings.ts';

export const secret = 'aGV5LXRoaXMtaXMtYS1zZWNyZXQ=';
export const fields = {
  total: '360000000001',
  order: '360000000002',
  partner: '360000000003',
  region: '360000000004',
  reason: '360000000005',
};

export const settingsWith = (more: object = {}): ZendeskSettings =>
  settingsSchema.parse({
    name: 'Desk',
    subdomain: 'loom',
    email: 'deskledger@example.com',
    apiToken: 'token',
    webhookSecrets: [secret],
    totalTimeFieldId: fields.total,
    orderNumberFieldId: fields.order,
    partnerFieldId: fields.partner,
    regionFieldId: fields.region,
    reasonFieldId: fields.reason,
    ...more,
  });

export const apiUser = '9000';
export const anna = '501';
export const ben = '502';
export const customer = '7001';

export const signed = (
  body: string | Buffer,
  timestamp = '2026-03-01T10:00:00Z',
  key = secret,
): Record<string, string> => ({
  'x-zendesk-webhook-id': '01J0000000000000000000000',
  'x-zendesk-webhook-invocation-id': '01JINVOCATION',
  'x-zendesk-webhook-signature-timestamp': timestamp,
  'x-zendesk-webhook-signature': createHmac('sha256', key).update(timestamp).update(body).digest('base64'),
  'content-type': 'application/json',
});

/** A REST ticket; ids above 32 bits on purpose. */
export const ticketJson = (more: object = {}): Record<string, unknown> => ({
  id: 4_400_000_001,
  status: 'open',
  created_at: '2026-03-01T08:00:00Z',
  updated_at: '2026-03-01T09:00:00Z',
  via: { channel: 'email', source: { from: { address: 'kim@example.com' }, to: {}, rel: null } },
  subject: 'Where is #1001?',
  description: 'Order 1001 has not come.',
  is_public: true,
  requester_id: Number(customer),
  submitter_id: Number(customer),
  assignee_id: Number(anna),
  organization_id: null,
  brand_id: 8_447_346_621_310,
  ticket_form_id: 8_646_151_517_822,
  recipient: 'help@loom.example',
  tags: ['vip'],
  custom_fields: [
    { id: Number(fields.order), value: '1001' },
    { id: Number(fields.total), value: '340' },
  ],
  ...more,
});

export const userJson = (id: string, role: string, more: object = {}) => ({
  id: Number(id),
  name: `User ${id}`,
  email: `user${id}@example.com`,
  locale: 'sv',
  role,
  ...more,
});

export type EventJson = Record<string, unknown>;
export const change = (field: string, value: unknown, previous: unknown, more: EventJson = {}): EventJson => ({
  id: 1,
  type: 'Change',
  field_name: field,
  value,
  previous_value: previous,
  ...more,
});
export const create = (field: string, value: unknown, more: EventJson = {}): EventJson => ({
  id: 1,
  type: 'Create',
  field_name: field,
  value,
  ...more,
});
export const comment = (more: EventJson = {}): EventJson => ({
  id: 2,
  type: 'Comment',
  public: true,
  body: 'Hello',
  ...more,
});
export const byRule = {
  via: { channel: 'rule', source: { from: { id: 35, title: 'A rule' }, to: {}, rel: 'trigger' } },
};

/** An audit `minute` minutes after the ticket's creation. */
export const audit = (
  id: number,
  author: string,
  minute: number,
  events: readonly EventJson[],
  more: EventJson = {},
): EventJson => ({
  id,
  ticket_id: 4_400_000_001,
  created_at: new Date(Date.UTC(2026, 2, 1, 8, minute)).toISOString(),
  author_id: Number(author),
  via: { channel: 'web', source: { from: {}, to: {}, rel: null } },
  metadata: { system: {}, custom: {} },
  events,
  ...more,
});

/** The audit of the ticket's creation, by the customer. */
export const created = (events: readonly EventJson[] = [], more: EventJson = {}) =>
  audit(100, customer, 0, [comment(), create('status', 'new'), ...events], more);
/** A change of the total that the Time Tracking app keeps. */
export const total = (value: unknown, previous: unknown, more: EventJson = {}) =>
  change(fields.total, value, previous, more);

export const minuteAt = (minute: number): Date => new Date(Date.UTC(2026, 2, 1, 8, minute));

export const read = (
  audits: readonly EventJson[],
  more: {
    readonly settings?: ZendeskSettings;
    readonly followUp?: boolean;
    readonly assigneeId?: string | null;
    readonly byAiAgent?: boolean;
    readonly roles?: Record<string, 'agent' | 'ai_agent' | 'end_user'>;
    readonly formerAgents?: readonly string[];
    readonly requesterId?: string;
  } = {},
) => {
  const roles: Record<string, 'agent' | 'ai_agent' | 'end_user' | undefined> = more.roles ?? {
    [anna]: 'agent',
    [ben]: 'agent',
    [customer]: 'end_user',
    [apiUser]: 'agent',
  };
  return readHistory(
    audits.map((one) => auditSchema.parse(one)),
    {
      settings: more.settings ?? settingsWith(),
      apiUserId: apiUser,
      requesterId: more.requesterId ?? customer,
      assigneeId: more.assigneeId ?? null,
      followUp: more.followUp ?? false,
      byAiAgent: more.byAiAgent ?? false,
      roleOf: (userId) => roles[userId],
      wasAgent: (userId) => more.formerAgents?.includes(userId) ?? false,
    },
  );
};
