import { uuidOf } from '../random.ts';
import type { Customer, CustomField, GorgiasUser, Survey, Tag, VoiceCall } from './model.ts';
import { stampOf, stampOrNull } from './stamps.ts';

export type Json = Record<string, unknown>;

export const emailIntegration = {
  id: 126_637,
  name: 'Nordlicht Support',
  address: 'inbox-1@email.gorgias.com',
} as const;

const firstName = (name: string | null): string => name?.split(' ')[0] ?? '';
const lastName = (name: string | null): string => name?.split(' ').slice(1).join(' ') ?? '';

/** A user or a customer where somebody else's record names them. */
export const personJson = ({ id, email, name }: GorgiasUser | Customer, via: 'agent' | 'email'): Json => ({
  id,
  email,
  name,
  firstname: firstName(name),
  lastname: lastName(name),
  meta: { name_set_via: via },
});

export const userJson = (user: GorgiasUser): Json => ({
  id: user.id,
  active: true,
  bio: null,
  country: null,
  created_datetime: stampOf(user.createdAtMs),
  deactivated_datetime: null,
  email: user.email,
  external_id: null,
  firstname: firstName(user.name),
  lastname: lastName(user.name),
  language: 'en',
  meta: {},
  name: user.name,
  role: { name: user.role },
  timezone: 'UTC',
  updated_datetime: stampOf(user.createdAtMs),
  uri: `/api/users/${user.id}/`,
});

const channelsOf = (customer: Customer): Json[] =>
  (['email', 'phone'] as const).flatMap((type, index) => {
    const address = customer[type];
    const person = { id: customer.id, name: customer.name };
    const at = stampOf(customer.createdAtMs);
    return address === null
      ? []
      : [
          {
            id: customer.id * 2 + index,
            type,
            address,
            preferred: true,
            created_datetime: at,
            updated_datetime: at,
            deleted_datetime: null,
            user: person,
            customer: person,
          },
        ];
  });

export const customerOfTicket = (customer: Customer): Json => ({
  ...personJson(customer, 'email'),
  channels: channelsOf(customer),
  data: customer.data,
  customer: null,
  integrations: Object.fromEntries(customer.integrations),
  external_id: customer.externalId,
  note: customer.note,
  external_data: {},
  ecommerce_data: {},
});

export const customerJson = (customer: Customer): Json => ({
  ...customerOfTicket(customer),
  active: true,
  language: customer.language,
  timezone: null,
  created_datetime: stampOf(customer.createdAtMs),
  updated_datetime: stampOf(customer.updatedAtMs),
  custom_fields: {},
  uri: `/api/customers/${customer.id}/`,
});

export const tagJson = (tag: Tag, usage: number): Json => ({
  id: tag.id,
  uri: `/api/tags/${tag.id}/`,
  name: tag.name,
  description: tag.description,
  decoration: tag.color === null ? null : { color: tag.color },
  usage,
  created_datetime: stampOf(tag.createdAtMs),
  deleted_datetime: null,
});

export const fieldJson = (field: CustomField): Json => ({
  id: field.id,
  external_id: field.externalId,
  object_type: field.objectType,
  label: field.label,
  description: field.description,
  priority: field.priority,
  required: field.required,
  requirement_type: field.required ? 'required' : 'visible',
  managed_type: null,
  definition: {
    data_type: field.dataType,
    input_settings: field.choices
      ? { input_type: 'dropdown', choices: field.choices }
      : { input_type: field.dataType === 'number' ? 'input_number' : 'input' },
  },
  created_datetime: stampOf(field.createdAtMs),
  updated_datetime: stampOf(field.updatedAtMs),
  deactivated_datetime: stampOrNull(field.deactivatedAtMs),
});

export const surveyJson = (survey: Survey): Json => ({
  id: survey.id,
  body_text: survey.text,
  created_datetime: stampOf(survey.createdAtMs),
  customer_id: survey.customerId,
  meta: survey.meta,
  score: survey.score,
  scored_datetime: stampOrNull(survey.scoredAtMs),
  sent_datetime: stampOrNull(survey.sentAtMs),
  should_send_datetime: stampOrNull(survey.shouldSendAtMs),
  ticket_id: survey.ticketId,
  uri: `/api/satisfaction-surveys/${survey.id}/`,
});

export const callJson = (call: VoiceCall): Json => ({
  id: call.id,
  integration_id: 234,
  ticket_id: call.ticketId,
  phone_number_id: 456,
  external_id: `CA${uuidOf('call', call.id).replaceAll('-', '')}`,
  provider: 'twilio',
  status: 'completed',
  direction: call.direction,
  phone_number_source: '+15555550100',
  country_source: 'US',
  phone_number_destination: '+15555550101',
  country_destination: 'US',
  duration: call.seconds,
  started_datetime: stampOf(call.startedAtMs),
  created_datetime: stampOf(call.startedAtMs),
  updated_datetime: stampOf(call.startedAtMs + call.seconds * 1000),
  initiated_by_agent_id: call.direction === 'outbound' ? call.userId : null,
  last_answered_by_agent_id: call.direction === 'inbound' ? call.userId : null,
  customer_id: call.customerId,
  has_voicemail: false,
  has_call_recording: false,
  uri: `/api/phone/voice-calls/${call.id}/`,
});
