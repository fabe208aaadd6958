import { describe, expect, it } from 'vitest';
import { InvalidInput, UpstreamError } from '../../../src/core/errors.ts';
import type { GorgiasField } from '../../../src/helpdesks/gorgias/schema.ts';
import { createTagWriter } from '../../../src/helpdesks/gorgias/tags.ts';
import { FieldsRefused } from '../../../src/helpdesks/port.ts';
import { fields, settingsWith, ticketId } from './support.ts';

/** A ticket of an account, and what was asked of it. */
const account = ({
  tags = [],
  values = {},
  choices = { [fields.partner]: null, [fields.region]: null },
  refuses = {},
}: {
  readonly tags?: readonly string[];
  readonly values?: Record<string, unknown>;
  readonly choices?: Record<string, readonly string[] | null>;
  /** Statuses that calls are answered with: `remove`, `tags`, `values`, `definitions`, `clear`, and `set ID` of a field. */
  readonly refuses?: Readonly<Record<string, number>>;
} = {}) => {
  const held = new Set(tags);
  const fieldValues = new Map(Object.entries(values));
  const calls: unknown[] = [];
  const fail = (status: number | undefined) => {
    if (status !== undefined) throw new UpstreamError('no', { status, retryable: false });
  };
  const client: Parameters<typeof createTagWriter>[0] = {
    async addTags(id, names) {
      calls.push(['add', id, ...names]);
      for (const name of names) held.add(name);
    },
    async removeTags(id, names) {
      calls.push(['remove', id, ...names]);
      fail(refuses.remove);
      for (const name of names) held.delete(name);
    },
    async ticketTags() {
      fail(refuses.tags);
      return [...held];
    },
    async ticketFields() {
      fail(refuses.values);
      return fieldValues;
    },
    async setTicketFields(_id, set) {
      calls.push(['set', ...set.map(({ id, value }) => `${id}=${value}`)]);
      for (const { id } of set) fail(refuses[`set ${id}`]);
    },
    async clearTicketField(_id, fieldId) {
      calls.push(['clear', fieldId]);
      fail(refuses.clear);
    },
  };
  const fieldOf = async (id: string): Promise<GorgiasField | undefined> => {
    fail(refuses.definitions);
    return id in choices
      ? { id, label: null, deactivated_datetime: null, definition: (choices[id] as string[] | null) ?? null }
      : undefined;
  };
  const write = (change: { add?: string[]; remove?: string[]; inDoubt?: boolean }, more: object = {}) =>
    createTagWriter(client, fieldOf, settingsWith(more))(ticketId, { add: [], remove: [], ...change });
  return { write, calls, held };
};

const unmapped = { partnerFieldId: undefined, regionFieldId: undefined };

describe('tags', () => {
  it('are added and taken away, each in one call, and never replaced', async () => {
    const { write, calls } = account({ tags: ['vip', 'partner_sud'] });
    await write({ add: ['partner_nord', 'region_se'], remove: ['partner_sud'] }, unmapped);
    expect(calls).toEqual([
      ['add', ticketId, 'partner_nord', 'region_se'],
      ['remove', ticketId, 'partner_sud'],
    ]);
  });

  it.each([400, 404, 410])('that are gone already may be refused with %i', async (remove) => {
    const { write } = account({ tags: ['vip'], refuses: { remove } });
    await expect(write({ remove: ['partner_sud'] }, unmapped)).resolves.toBeUndefined();
    const still = account({ tags: ['partner_sud'], refuses: { remove } });
    await expect(still.write({ remove: ['partner_sud'] }, unmapped)).rejects.toMatchObject({ status: remove });
    const gone = account({ refuses: { remove, tags: 404 } });
    await expect(gone.write({ remove: ['partner_sud'] }, unmapped)).rejects.toMatchObject({ status: remove });
  });

  it('that may be there from an earlier call are looked for first, and the fields follow all the same', async () => {
    const half = account({ tags: ['partner_nord', 'vip'] });
    await half.write({ add: ['partner_nord', 'region_se'], remove: ['partner_sud'], inDoubt: true });
    expect(half.calls).toEqual([
      ['add', ticketId, 'region_se'],
      ['set', `${fields.partner}=nord`, `${fields.region}=se`],
    ]);
    const whole = account({ tags: ['partner_nord'], values: { [fields.partner]: 'nord' } });
    await whole.write({ add: ['partner_nord'], inDoubt: true });
    expect(whole.calls).toEqual([]);
  });

  it.each(['Partner_Nord', 'a b', '', 'x'.repeat(257)])('of another form (%j) reach nobody', async (tag) => {
    const { write, calls } = account();
    await expect(write({ add: [tag] })).rejects.toBeInstanceOf(InvalidInput);
    expect(calls).toEqual([]);
  });
});

describe('the mapped fields', () => {
  const writes = async (
    change: { add?: string[]; remove?: string[] },
    held: Parameters<typeof account>[0] = {},
    more: object = {},
  ) => {
    const { write, calls } = account(held);
    await write(change, more);
    return calls.filter((call) => ['set', 'clear'].includes((call as string[])[0] ?? ''));
  };
  const { partner, region } = fields;

  it('follow our tags, after them, in one call', async () => {
    const { write, calls } = account();
    await write({ add: ['partner_nord', 'region_se', 'vip_of_others'] });
    expect(calls).toEqual([
      ['add', ticketId, 'partner_nord', 'region_se', 'vip_of_others'],
      ['set', `${partner}=nord`, `${region}=se`],
    ]);
  });

  it('take the choice that stands for the code, exactly as it is written', async () => {
    const choices = { [partner]: ['Partners::Nord AB (nord)', 'Sud'], [region]: ['Nordics::SE'] };
    expect(await writes({ add: ['partner_nord', 'region_se'] }, { choices })).toEqual([
      ['set', `${partner}=Partners::Nord AB (nord)`, `${region}=Nordics::SE`],
    ]);
    expect(await writes({ add: ['partner_ost'] }, { choices })).toEqual([]);
  });

  it('that are gone keep neither the tags nor one another from being written, and are named', async () => {
    const gone = account({ choices: { [region]: null } });
    const refused = gone.write({ add: ['partner_nord', 'region_se'] });
    await expect(refused).rejects.toBeInstanceOf(FieldsRefused);
    await expect(refused).rejects.toMatchObject({ fields: [partner] });
    expect(gone.calls).toEqual([
      ['add', ticketId, 'partner_nord', 'region_se'],
      ['set', `${region}=se`],
    ]);
  });

  it('bug: a field that was deleted minutes ago had tags called failed that were written', async () => {
    const { write, calls } = account({ refuses: { [`set ${partner}`]: 400 } });
    await expect(write({ add: ['partner_nord', 'region_se'] })).rejects.toMatchObject({ fields: [partner] });
    expect(calls.at(-1)).toEqual(['set', `${region}=se`]);
    const { write: writeNow } = account({ refuses: { [`set ${partner}`]: 503 } });
    await expect(writeNow({ add: ['partner_nord'] })).rejects.not.toBeInstanceOf(FieldsRefused);
  });

  it.each(
    [400, 402, 403, 404, 422].flatMap((status) =>
      (['values', 'definitions', `set ${partner}`, 'clear'] as const).map((call) => [call, status] as const),
    ),
  )('bug: without a right to fields (%s: %i) tags that were written were called failed', async (call, status) => {
    const change = call === 'clear' ? { remove: ['partner_nord'] } : { add: ['partner_nord'] };
    const values = call === 'clear' ? { [partner]: 'nord' } : {};
    const { write, held } = account({ tags: change.remove ?? [], values, refuses: { [call]: status } });
    const writing = write(change);
    // Of a value that is gone nothing is left to be emptied.
    if (call === 'clear' && status === 404) await expect(writing).resolves.toBeUndefined();
    else await expect(writing).rejects.toMatchObject({ fields: [partner], status: 422 });
    expect([...held]).toEqual(change.add ?? []);
  });

  it.each(['values', 'definitions', `set ${partner}`])('that are away (%s) are tried again', async (call) => {
    const { write } = account({ refuses: { [call]: 401 } });
    await expect(write({ add: ['partner_nord'] })).rejects.toMatchObject({ status: 401 });
  });

  it('are written only where they differ', async () => {
    expect(await writes({ add: ['partner_nord'] }, { values: { [partner]: 'Partners::Nord' } })).toEqual([]);
    expect(await writes({ add: ['vip'] })).toEqual([]);
  });

  it('change and empty with what we take away', async () => {
    expect(await writes({ add: ['partner_nord'], remove: ['partner_sud'] }, { values: { [partner]: 'sud' } })).toEqual([
      ['set', `${partner}=nord`],
    ]);
    expect(await writes({ remove: ['partner_sud'] }, { values: { [partner]: 'sud' } })).toEqual([['clear', partner]]);
    expect(await writes({ remove: ['partner_sud'] })).toEqual([]);
  });

  it('bug: a field that was emptied meanwhile had the whole write refused', async () => {
    const { write } = account({ values: { [partner]: 'sud' }, refuses: { clear: 404 } });
    await expect(write({ remove: ['partner_sud'] })).resolves.toBeUndefined();
  });

  it('never lose what a person put there', async () => {
    expect(await writes({ add: ['partner_nord'], remove: ['partner_sud'] }, { values: { [partner]: 'Ost' } })).toEqual(
      [],
    );
    expect(await writes({ remove: ['partner_sud'] }, { values: { [partner]: 'Ost' } })).toEqual([]);
  });

  it('say nothing where several partners bear a ticket', async () => {
    expect(await writes({ add: ['partner_nord', 'partner_sud', 'region_se'] })).toEqual([['set', `${region}=se`]]);
  });

  it('go by the tags’ own prefix', async () => {
    expect(await writes({ add: ['x_partner_nord', 'partner_sud'] }, {}, { tagPrefix: 'x_' })).toEqual([
      ['set', `${partner}=nord`],
    ]);
  });
});
