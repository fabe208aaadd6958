import { describe, expect, it } from 'vitest';
import { type EventFacts, subscribedEvents, type Urgency, urgencyOf } from '../../../src/helpdesks/zendesk/urgency.ts';
import { anna, apiUser, fields, settingsWith } from './support.ts';

const facts = (type: string, more: Partial<EventFacts> = {}): EventFacts => ({
  type: `ticket.${type}`,
  actorId: anna,
  status: 'OPEN',
  fieldId: null,
  changedTags: null,
  ...more,
});

const table: readonly [string, Urgency | null, Partial<EventFacts>?][] = [
  ['created', 'now'],
  ['created', 'now', { actorId: apiUser }],
  ['undeleted', 'now'],
  ['requester_changed', 'now'],
  ['subject_changed', 'now'],
  ['description_changed', 'now'],
  ['brand_changed', 'now'],
  ['form_changed', 'now'],
  ['organization_changed', 'now'],
  ['merged', 'now with audits'],
  ['soft_deleted', 'now'],
  ['permanently_deleted', 'now'],
  ['marked_as_spam', 'now'],
  ['status_changed', 'later', { status: 'PENDING' }],
  ['status_changed', 'now with audits', { status: 'SOLVED' }],
  ['status_changed', 'now with audits', { status: 'closed' }],
  ['status_changed', 'now with audits', { status: 'SOLVED', actorId: apiUser }],
  ['custom_status_changed', 'later'],
  ['custom_status_changed', 'now with audits', { status: 'SOLVED' }],
  ['custom_field_changed', 'later', { fieldId: fields.total }],
  ['custom_field_changed', 'later', { fieldId: '1' }],
  ['custom_field_changed', 'later'],
  ['custom_field_changed', 'now', { fieldId: fields.order }],
  ['custom_field_changed', 'now', { fieldId: fields.reason }],
  ['custom_field_changed', 'now with audits', { fieldId: fields.partner }],
  ['custom_field_changed', 'now with audits', { fieldId: fields.region }],
  ['custom_field_changed', 'ignore', { fieldId: fields.partner, actorId: apiUser }],
  ['tags_changed', 'now', { changedTags: ['vip'] }],
  ['tags_changed', 'now', { changedTags: ['partner_nord'] }],
  ['tags_changed', 'now with audits', { changedTags: ['vip', 'dl_partner_nord'] }],
  ['tags_changed', 'now with audits', { changedTags: ['dl_region_se'] }],
  ['tags_changed', 'now'],
  ['tags_changed', 'ignore', { changedTags: ['dl_partner_nord'], actorId: apiUser }],
  ['comment_added', 'later'],
  ['agent_assignment_changed', 'later'],
  ['csat_received', 'later'],
  ['updated', null],
];

describe('urgencyOf', () => {
  it.each(table)('%s is %s (%o)', (type, urgency, more) => {
    expect(urgencyOf(facts(type, more), settingsWith({ tagPrefix: 'dl_' }), apiUser)).toBe(urgency);
  });

  it('knows no echo before it knows our own user', () => {
    expect(urgencyOf(facts('tags_changed', { actorId: apiUser }), settingsWith(), null)).toBe('now');
  });
});

describe('subscribedEvents', () => {
  it('are known, and hold what decides or prices', () => {
    for (const type of ['created', 'status_changed', 'custom_field_changed', 'tags_changed', 'merged', 'comment_added'])
      expect(subscribedEvents).toContain(`zen:event-type:ticket.${type}`);
    expect(subscribedEvents).not.toContain('zen:event-type:ticket.followers_changed');
    expect(new Set(subscribedEvents).size).toBe(subscribedEvents.length);
    for (const type of subscribedEvents)
      expect(urgencyOf(facts(type.slice('zen:event-type:ticket.'.length)), settingsWith(), null)).not.toBeNull();
  });
});
