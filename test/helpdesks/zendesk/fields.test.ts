import { describe, expect, it } from 'vitest';
import { fieldIds } from '../../../src/sandbox/zendesk/index.ts';
import { account, withFields } from './account.ts';

describe('ticket fields', () => {
  it('are drop-downs whose options are our tags, made once, and grow with our partners', async () => {
    const { sandbox, remoteWith } = await account();
    const prefix = { tagPrefix: 'dl_' };
    expect(await remoteWith(prefix).plan(withFields)).toEqual([
      expect.stringContaining('create the webhook'),
      expect.stringContaining('create the ticket field "Sales partner", a drop-down of 2'),
      expect.stringContaining('create the ticket field "Sales region", a drop-down of 1'),
      expect.stringContaining('create the ticket field "Contact reason", a drop-down of 6'),
    ]);
    const { objects, settings } = await remoteWith(prefix).make(withFields);
    const field = (setting: string) => sandbox.desk.fields.find(({ id }) => String(id) === settings[setting]);
    expect(field('partnerFieldId')).toMatchObject({
      title: 'Sales partner',
      type: 'tagger',
      options: ['dl_partner_nord', 'dl_partner_direct'],
      names: { dl_partner_nord: 'Nord' },
    });
    expect(field('regionFieldId')?.options).toEqual(['dl_region_se']);
    expect(field('reasonFieldId')?.options).toContain('dl_reason_damage');
    expect(settings.reasonValues).toMatchObject({ dl_reason_damage: 'damage' });
    expect(objects.filter(({ what }) => what === 'field')).toHaveLength(3);

    const remote = remoteWith({ ...prefix, ...settings });
    expect(await remote.plan(withFields)).toEqual([]);
    const more = { ...withFields, fields: { partners: [{ code: 'sud', name: 'Sud' }], regions: [] } };
    expect(await remote.plan(more)).toEqual(['add Sud to the ticket field "Sales partner"']);
    expect((await remote.make(more)).objects).toEqual([]);
    expect(field('partnerFieldId')?.options).toEqual(['dl_partner_nord', 'dl_partner_direct', 'dl_partner_sud']);

    await remote.remove(objects);
    expect(Object.values(settings).filter((id) => sandbox.desk.fields.some((one) => String(one.id) === id))).toEqual(
      [],
    );
  });

  it('that people made are left alone: mapped ones stay mapped, and one of the same title is not taken', async () => {
    const { sandbox, remoteWith } = await account();
    const before = JSON.stringify(sandbox.desk.fields);
    const mapped = {
      partnerFieldId: String(fieldIds.partner),
      regionFieldId: String(fieldIds.region),
      reasonFieldId: String(fieldIds.reason),
    };
    const { objects, settings } = await remoteWith(mapped).make(withFields);
    expect(objects.map(({ what }) => what)).toEqual(['webhook']);
    expect(Object.keys(settings)).toEqual(['webhookSecrets']);
    expect(JSON.stringify(sandbox.desk.fields)).toBe(before);
    // "Sales partner" is a text field of theirs and "Contact reason" a drop-down of theirs.
    const own = await remoteWith(settings).make(withFields);
    expect(own.objects.map(({ what }) => what)).toEqual(['field', 'field', 'field']);
    expect(Object.values(own.settings)).not.toContain(String(fieldIds.partner));
  });
});

describe('what the account tells', () => {
  it("is the Time Tracking app's field, by title or by the app's own word", async () => {
    const { sandbox, clientWith } = await account();
    const total = String(fieldIds.totalTime);
    expect(await clientWith().discover?.()).toMatchObject({ settings: { totalTimeFieldId: total } });
    const field = sandbox.desk.fields.find(({ id }) => id === fieldIds.totalTime);
    Object.assign(field ?? {}, { title: 'Gesamtzeit (Sek.)' });
    expect(await clientWith().discover?.()).toMatchObject({
      settings: { totalTimeFieldId: total },
      notes: [expect.stringContaining('Gesamtzeit')],
    });
    Object.assign(field ?? {}, { active: false });
    expect(await clientWith().discover?.()).toMatchObject({
      settings: {},
      notes: [expect.stringContaining('estimated')],
    });
    expect(await clientWith({ totalTimeFieldId: '7' }).discover?.()).toEqual({ settings: {}, notes: [] });
  });

  it('is inspected: rights, plan, quota, own survey, fields and handle time', async () => {
    const { clientWith } = await account({ limits: {}, ownSurvey: true });
    const findings = await clientWith({ partnerFieldId: '77' }).inspect?.();
    const of = (topic: string) => findings?.find((finding) => finding.topic === topic);
    expect(of('rights')).toMatchObject({ level: 'ok' });
    expect(of('plan')?.text).toMatch(/700 calls a minute, as on Enterprise; we keep to 350/);
    expect(of('quota')).toMatchObject({ level: 'ok' });
    expect(of('own survey')).toMatchObject({ level: 'warn', next: expect.stringContaining('Switch it off') });
    expect(of('fields')).toMatchObject({ level: 'fail', text: expect.stringContaining('77 (partnerFieldId)') });
    expect(of('handle time')).toMatchObject({
      level: 'warn',
      next: expect.stringContaining(`{"totalTimeFieldId": "${fieldIds.totalTime}"}`),
    });
    for (const finding of findings ?? []) if (finding.level !== 'ok') expect(finding.next).toBeTruthy();
  });

  it('bug: a mapped field of several choices at once is found unfit, and told apart where fields are listed', async () => {
    const { sandbox, clientWith } = await account();
    const id = String(fieldIds.partner);
    Object.assign(sandbox.desk.fields.find((field) => String(field.id) === id) ?? {}, { type: 'multiselect' });
    const client = clientWith({ partnerFieldId: id });
    expect(await client.fields?.()).toContainEqual({ id, title: 'Sales partner', holds: 'choices' });
    expect((await client.inspect?.())?.filter(({ topic }) => topic === 'fields')).toEqual([
      {
        topic: 'fields',
        level: 'fail',
        text: expect.stringContaining('(partnerFieldId) holds several choices at once'),
        next: expect.stringContaining('Set partnerFieldId'),
      },
    ]);
  });

  it('bug: of a time field of several choices doctor told what the sidebar app does with fields that it writes', async () => {
    const { sandbox, clientWith } = await account();
    const id = String(fieldIds.totalTime);
    Object.assign(sandbox.desk.fields.find((field) => String(field.id) === id) ?? {}, { type: 'multiselect' });
    const findings = await clientWith({ totalTimeFieldId: id }).inspect?.();
    expect(findings?.filter(({ text }) => text.includes(id))).toEqual([
      {
        topic: 'handle time',
        level: 'fail',
        text: `The ticket field ${id} (totalTimeFieldId) holds several choices at once: no seconds can be read from it.`,
        next: expect.stringContaining('Set totalTimeFieldId'),
      },
    ]);
    expect(findings?.find(({ topic }) => topic === 'fields')).toMatchObject({ level: 'ok' });
  });

  it('is inspected although the account answers with errors', async () => {
    const { clientWith } = await account({ faults: { requestErrorRate: 1, statuses: [403] } });
    const findings = await clientWith().inspect?.();
    expect(findings?.map(({ topic, level }) => `${topic} ${level}`)).toEqual([
      'rights warn',
      'plan warn',
      'fields warn',
      'handle time warn',
    ]);
  });
});
