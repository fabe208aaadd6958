import { describe, expect, it } from 'vitest';
import { latestChoice } from '../../../src/features/attribution/choice.ts';
import { attribute } from '../../../src/features/attribution/index.ts';
import { partnerBook } from '../../../src/features/directory/index.ts';
import { choice, input, order, short, tagged } from './facts.ts';

const { resolve } = partnerBook([
  { code: 'nord', name: 'Nord', aliases: ['Nord GmbH'] },
  { code: 'sud', name: 'Sud', aliases: [] },
]);
const codeOf = (...changes: readonly ReturnType<typeof choice>[]) => latestChoice(changes.flat(), resolve)?.code;

describe('the latest word of agents about a half', () => {
  it('bug: an unrelated tag that begins like ours wiped the attribution for good', () => {
    const unrelated = tagged({ added: ['portal'] });
    expect(codeOf(unrelated)).toBeUndefined();
    expect(codeOf(unrelated, tagged({ removed: ['portal'] }))).toBeUndefined();
    expect(codeOf(choice('sud'), unrelated)).toBe('sud');
    expect(short(attribute(input({ ticket: { choices: { partner: unrelated } }, ofRequester: [order(1n)] })))).toBe(
      'recent orders, medium, nord/SE',
    );
    const pilot = tagged({ added: ['pilot'] });
    expect(short(attribute(input({ ticket: { choices: { region: pilot } }, ofRequester: [order(1n)] })))).toBe(
      'recent orders, medium, nord/SE',
    );
  });

  it('bug: a tag taken away was ignored where the partner had been chosen by alias', () => {
    expect(codeOf(choice('Nord GmbH'), tagged({ removed: ['nord'] }))).toBeNull();
    expect(codeOf(choice(' nord gmbh '), tagged({ removed: ['NORD'], left: ['sud'] }))).toBe('sud');
  });

  it.each([
    ['a known tag among unknown ones', [tagged({ added: ['portal', 'sud'] })], 'sud'],
    ['our own tag taken away', [tagged({ removed: ['nord'] })], null],
    ['our own tag taken away, an unrelated one left', [tagged({ removed: ['nord'], left: ['portal'] })], null],
    ['our own tag taken away, another of ours left', [tagged({ removed: ['nord'], left: ['portal', 'sud'] })], 'sud'],
    ['another tag than that which held taken away', [choice('sud'), tagged({ removed: ['nord'] })], 'sud'],
    ['a tag taken away and named again', [tagged({ removed: ['nord'] }), tagged({ added: ['nord'] })], 'nord'],
    ['a value of the field that names nobody', [choice('nord'), choice('ost')], null],
    ['the field emptied', [choice('nord'), choice(null)], null],
    ['nothing', [], undefined],
  ])('%s', (_what, changes, code) => {
    expect(codeOf(...changes)).toBe(code);
  });

  it('says why a half has none', () => {
    const outcome = (changes: ReturnType<typeof choice>) => latestChoice(changes, resolve)?.evidence;
    expect(outcome(choice('ost'))).toMatchObject({ reason: 'unmapped value' });
    expect(outcome(choice(null))).toMatchObject({ takenAway: true });
    expect(outcome(tagged({ removed: ['nord'] }))).toMatchObject({ takenAway: true, by: '501', sourceKey: 'audit:9' });
  });

  it('reads an unmapped value anew once the partner is known', () => {
    expect(latestChoice(choice('ost'), () => 'ost')).toMatchObject({ code: 'ost' });
  });
});
