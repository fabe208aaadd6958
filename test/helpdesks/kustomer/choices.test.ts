import { describe, expect, it } from 'vitest';
import { changesIn, mayHoldChoices, personChanges, tagsOf } from '../../../src/helpdesks/kustomer/choices.ts';
import { auditSchema, conversationSchema } from '../../../src/helpdesks/kustomer/schema.ts';
import {
  anna,
  apiUser,
  auditJson,
  ben,
  conversationJson,
  minute,
  robot,
  settingsWith,
  tagIds,
  tagNames,
} from './support.ts';

const roles: Record<string, 'agent' | 'machine' | undefined> = {
  [anna]: 'agent',
  [ben]: 'agent',
  [apiUser]: 'machine',
  [robot]: 'machine',
};
const read = (entries: readonly object[], settings: object = {}) =>
  personChanges(
    entries.map((entry) => auditSchema.parse(entry)),
    {
      settings: settingsWith(settings),
      apiUserId: apiUser,
      roleOf: (id) => roles[id],
      tagNameOf: (tag) => tagNames[tag] ?? (tag.startsWith('partner_') ? tag : undefined),
    },
  );
const custom = (before: object | null, after: object | null) => ({
  attributes: { custom: { op: 'replace', before, after } },
});
const tags = (before: readonly unknown[], after: readonly unknown[]) => ({
  attributes: { tags: { op: 'replace', before, after } },
});

describe('choices', () => {
  it('are what agents set, in order of time', () => {
    const { partner, region } = read([
      auditJson(9, ben, custom({ partnerStr: 'nord' }, { partnerStr: 'sud' })),
      auditJson(2, anna, custom({}, { partnerStr: 'nord', regionStr: 'region_se' })),
    ]);
    expect(partner).toEqual([
      {
        by: anna,
        at: new Date(minute(2)),
        sourceKey: `audit:${auditJson(2, anna, 0).id}`,
        source: 'field',
        value: 'nord',
      },
      {
        by: ben,
        at: new Date(minute(9)),
        sourceKey: `audit:${auditJson(9, ben, 0).id}`,
        source: 'field',
        value: 'sud',
      },
    ]);
    expect(region).toMatchObject([{ by: anna, value: 'se' }]);
  });

  it.each([
    ['webhooks’ form', { attributes: { custom: { before: {}, after: { partnerStr: 'nord' } } } }],
    ['the form without frame', { custom: { before: null, after: { partnerStr: 'nord' } } }],
    ['a name with its path', { attributes: { 'custom.partnerStr': { before: null, after: 'nord' } } }],
    ['rows', [{ property: 'custom.partnerStr', before: null, after: 'nord' }]],
    ['rows of attributes', [{ attribute: 'partnerStr', after: 'nord' }]],
  ])('are read from %s', (_what, changes) => {
    expect(read([auditJson(1, anna, changes)]).partner).toMatchObject([{ source: 'field', value: 'nord' }]);
  });

  it.each([
    ['nothing', null],
    ['a text', 'changed'],
    ['a number', 5],
    ['odd rows', [1, null, {}]],
  ])('are none in %s', (_what, changes) => {
    expect(read([auditJson(1, anna, changes)])).toEqual({ partner: [], region: [] });
    expect(changesIn(changes)).toEqual([]);
  });

  it.each([
    ['our own key', apiUser, 'machine'],
    ['another key', robot, 'user'],
    ['a workflow', 'workflow-1', 'system'],
    ['nobody', null, 'system'],
  ])('of %s are nobody’s', (_what, by, userType) => {
    expect(read([auditJson(1, by, custom({}, { partnerStr: 'nord' }), { userType })]).partner).toEqual([]);
  });

  it('of a user that is gone are that user’s', () => {
    expect(read([auditJson(1, 'gone', custom({}, { partnerStr: 'nord' }))]).partner).toMatchObject([{ by: 'gone' }]);
  });

  it('take a value away, but not at creation', () => {
    const emptied = custom({ partnerStr: 'nord' }, {});
    expect(read([auditJson(1, anna, emptied)]).partner).toMatchObject([{ source: 'field', value: null }]);
    expect(read([auditJson(1, anna, emptied, { eventVerb: 'create' })]).partner).toEqual([]);
  });

  it('are none where another attribute changed beside a mapped one', () => {
    const changes = custom({ partnerStr: 'nord', aStr: '1' }, { partnerStr: 'nord', aStr: '2' });
    expect(read([auditJson(1, anna, changes)]).partner).toEqual([]);
  });

  it('are tags of our form, by id, by name or in objects', () => {
    const [before, after] = [
      [tagIds.nord, tagIds.vip],
      ['partner_sud', { id: tagIds.vip }, { id: tagIds.sweden, name: tagIds.sweden }],
    ];
    expect(read([auditJson(1, anna, tags(before, after))])).toMatchObject({
      partner: [{ source: 'tag', added: ['sud'], removed: ['nord'], left: [] }],
      region: [{ source: 'tag', added: ['se'], removed: [], left: [] }],
    });
  });

  it('are no tags of others, of another prefix, or at creation', () => {
    const changes = tags([], [tagIds.nord]);
    expect(read([auditJson(1, anna, tags([], [tagIds.vip]))]).partner).toEqual([]);
    expect(read([auditJson(1, anna, changes)], { tagPrefix: 'dl_' }).partner).toEqual([]);
    expect(
      read([auditJson(1, anna, changes, { eventVerb: null, eventName: 'kustomer.conversation.create' })]).partner,
    ).toEqual([]);
  });

  it('let a value outweigh tags of the same moment, and added tags an emptied field', () => {
    const both = (value: string | null) => ({
      attributes: {
        custom: { before: { partnerStr: 'x' }, after: value === null ? {} : { partnerStr: value } },
        tags: { before: [], after: [tagIds.nord] },
      },
    });
    expect(read([auditJson(1, anna, both('sud'))]).partner.map(({ source }) => source)).toEqual(['tag', 'field']);
    expect(read([auditJson(1, anna, both(null))]).partner.map(({ source }) => source)).toEqual(['field', 'tag']);
  });

  it('name the tags they need by name', () => {
    expect(tagsOf([auditSchema.parse(auditJson(1, anna, tags([tagIds.nord], [tagIds.sud])))])).toEqual([
      tagIds.nord,
      tagIds.sud,
    ]);
  });
});

describe('the audit log', () => {
  it.each([
    ['nothing changed since creation', {}, false],
    ['tags changed', { modificationHistory: { tagsAt: minute(5), customAt: null } }, true],
    ['attributes changed', { modificationHistory: { tagsAt: minute(0), customAt: minute(5) } }, true],
    ['a partner is filled', { custom: { partnerStr: 'nord' } }, true],
    ['nobody tells', { modificationHistory: null }, true],
  ])('is asked where it may know more: %s', (_what, attributes, asked) => {
    expect(mayHoldChoices(conversationSchema.parse(conversationJson(attributes)), settingsWith())).toBe(asked);
  });
});
