import type { SandboxClock } from '../clock.ts';
import type { Operation } from './changes.ts';
import type { AccountEvent, Customer, CustomField, GorgiasUser, Survey, Tag } from './model.ts';
import { createOrdered, type Ordered } from './ordered.ts';

export interface AccountSetting {
  readonly id: number;
  readonly type: string;
  data: unknown;
}

/** The account around its tickets: people, tags, fields, surveys, settings and the log of everything that happened. */
export interface Records {
  readonly users: ReadonlyMap<number, GorgiasUser>;
  readonly customers: ReadonlyMap<number, Customer>;
  readonly tags: ReadonlyMap<number, Tag>;
  readonly tagsByName: ReadonlyMap<string, Tag>;
  readonly fields: ReadonlyMap<number, CustomField>;
  readonly surveys: ReadonlyMap<number, Survey>;
  readonly events: Ordered<AccountEvent>;
  readonly settings: {
    readonly all: AccountSetting[];
    unassignsOnReply(): boolean;
    /** After how many hours the account itself asks about a ticket of the channel; null: it does not. */
    surveyHours(channel: string): number | null;
  };
  addUser(user: Omit<GorgiasUser, 'id' | 'createdAtMs'>): GorgiasUser;
  addCustomer(customer: {
    readonly name: string | null;
    readonly email: string | null;
    readonly phone?: string;
    readonly language?: string | null;
    readonly externalId?: string | null;
  }): Customer;
  addField(
    field: Pick<CustomField, 'label'> & Partial<Omit<CustomField, 'id' | 'label' | 'createdAtMs' | 'updatedAtMs'>>,
  ): CustomField;
  addTag(tag: { readonly name: string; readonly description?: string | null; readonly color?: string | null }): Tag;
  tagNamed(name: string, operation: Operation): number;
  addSurvey(survey: { readonly ticketId: number; readonly customerId: number } & Partial<Survey>, atMs: number): Survey;
  /** Begins an operation, no earlier than the last one; `with` shares the context of another. */
  startOperation(atMs: number, userId: number | null, like?: Operation): Operation;
  /** Notes something that concerns no ticket. */
  log(type: string, about: { readonly type: string; readonly id: number }, userId: number | null): void;
}

const surveyChannels: Readonly<Record<string, string>> = {
  chat: 'send_survey_for_chat',
  email: 'send_survey_for_email',
  'help-center': 'send_survey_for_help_center',
  contact_form: 'send_survey_for_contact_form',
};

/** As a live account had them, the own survey on (recorded 2025-02). */
const settingsOf = (ownSurvey: boolean): AccountSetting[] => [
  {
    id: 158_891,
    type: 'satisfaction-surveys',
    data: {
      survey_interval: 2,
      survey_email_html: '<div>How would you rate our help?</div><br>\n\n<div>{{satisfaction_survey_url}}</div>\n',
      survey_email_text: 'How would you rate our help?\n\n{{satisfaction_survey_url}}\n',
      ...Object.fromEntries(Object.values(surveyChannels).map((key) => [key, ownSurvey])),
    },
  },
  {
    id: 158_892,
    type: 'business-hours',
    data: { timezone: 'UTC', business_hours: [{ days: '1,2,3,4,5', to_time: '19:00', from_time: '07:00' }] },
  },
  {
    id: 158_893,
    type: 'ticket-assignment',
    data: {
      unassign_on_reply: true,
      assignment_channels: ['chat', 'facebook-messenger', 'sms', 'whatsapp'],
      auto_assign_to_teams: false,
      max_user_chat_ticket: 3,
      max_user_non_chat_ticket: 4,
    },
  },
  { id: 158_897, type: 'auto-merge', data: { tickets: { enabled: false, merging_window_days: 5 } } },
];

export const createRecords = ({
  clock,
  ownSurvey,
}: {
  readonly clock: SandboxClock;
  readonly ownSurvey: boolean;
}): Records => {
  const users = new Map<number, GorgiasUser>();
  const customers = new Map<number, Customer>();
  const tags = new Map<number, Tag>();
  const tagsByName = new Map<string, Tag>();
  const fields = new Map<number, CustomField>();
  const surveys = new Map<number, Survey>();
  const events = createOrdered<AccountEvent>(({ atMs }) => atMs);
  const settings = settingsOf(ownSurvey);
  const dataOf = (type: string): Record<string, unknown> => {
    const data = settings.find((setting) => setting.type === type)?.data;
    return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
  };
  // Users and customers have their ids from one row of numbers.
  let lastPersonId = 519_543_200;
  let lastEventId = 2_190_940_000;
  let lastContextNo = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  const nowMs = (): number => clock.now().getTime();

  const startOperation: Records['startOperation'] = (givenMs, userId, like) => {
    // What a plan has for earlier, played late by a fast clock, is a change after the last one all the same.
    lastMs = givenMs < lastMs ? lastMs + 1 : givenMs;
    if (!like) lastContextNo += 1;
    const contextNo = like?.events[0]?.contextNo ?? lastContextNo;
    const operation: Operation = {
      atMs: lastMs,
      userId,
      events: [],
      messages: new Map(),
      emit(type, about, data = null, by = userId) {
        lastEventId += 4;
        const event: AccountEvent = {
          id: lastEventId,
          contextNo,
          atMs: operation.atMs,
          type,
          objectType: about.type,
          objectId: about.id,
          userId: by,
          data,
        };
        events.add(event);
        about.ticket?.events.push(event);
        operation.events.push(event);
      },
    };
    return operation;
  };

  const addTag: Records['addTag'] = ({ name, description = null, color = null }) => {
    const tag: Tag = { id: 1_813_001 + tags.size, name, description, color, createdAtMs: nowMs() };
    tags.set(tag.id, tag);
    tagsByName.set(name, tag);
    return tag;
  };

  return {
    users,
    customers,
    tags,
    tagsByName,
    fields,
    surveys,
    events,
    settings: {
      all: settings,
      unassignsOnReply: () => dataOf('ticket-assignment').unassign_on_reply === true,
      surveyHours(channel) {
        const data = dataOf('satisfaction-surveys');
        const on = data[surveyChannels[channel] ?? ''] === true;
        return on ? Number(data.survey_interval ?? 0) : null;
      },
    },
    addUser(input) {
      lastPersonId += 1;
      const user: GorgiasUser = { id: lastPersonId, createdAtMs: nowMs(), ...input };
      users.set(user.id, user);
      return user;
    },
    addCustomer({ name, email, phone = null, language = null, externalId = null }) {
      lastPersonId += 1;
      const customer: Customer = {
        id: lastPersonId,
        name,
        email,
        phone,
        language,
        externalId,
        note: null,
        data: null,
        integrations: new Map(),
        createdAtMs: nowMs(),
        updatedAtMs: nowMs(),
      };
      customers.set(customer.id, customer);
      return customer;
    },
    addField(input) {
      const field: CustomField = {
        id: 319_801 + fields.size * 4,
        objectType: 'Ticket',
        description: null,
        dataType: 'text',
        choices: null,
        priority: fields.size + 1,
        required: false,
        externalId: null,
        createdAtMs: nowMs(),
        updatedAtMs: nowMs(),
        deactivatedAtMs: null,
        ...input,
      };
      fields.set(field.id, field);
      return field;
    },
    addTag,
    tagNamed(name, operation) {
      const held = tagsByName.get(name);
      if (held) return held.id;
      const { id } = addTag({ name });
      operation.emit('tag-created', { type: 'Tag', id });
      return id;
    },
    addSurvey(input, atMs) {
      const survey: Survey = {
        id: 6_967_501 + surveys.size * 4,
        score: null,
        text: null,
        meta: null,
        createdAtMs: atMs,
        sentAtMs: null,
        scoredAtMs: null,
        shouldSendAtMs: null,
        ...input,
      };
      surveys.set(survey.id, survey);
      return survey;
    },
    startOperation,
    log(type, about, userId) {
      startOperation(nowMs(), userId).emit(type, about);
    },
  };
};
