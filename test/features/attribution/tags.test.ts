import { describe, expect, it } from 'vitest';
import { isOurTag, type Share, wantedTags } from '../../../src/features/attribution/index.ts';

const share = (partner: string | null, region: string | null, ppm = 1_000_000): Share => ({
  partner,
  region,
  country: null,
  ppm,
});

describe('wantedTags', () => {
  it.each<[string, Share[], string, string[]]>([
    ['partner and region, in lower case', [share('nord', 'SE')], '', ['partner_nord', 'region_se']],
    ['Direct', [share('direct', null)], '', ['partner_direct']],
    ['region alone', [share(null, 'DACH')], '', ['region_dach']],
    ['unattributed has none', [share(null, null)], '', []],
    [
      'several partners: one tag each',
      [share('nord', 'SE', 700_000), share('sud', 'SE', 300_000)],
      '',
      ['partner_nord', 'partner_sud', 'region_se'],
    ],
    ['behind the prefix', [share('nord', 'SE')], 'dl_', ['dl_partner_nord', 'dl_region_se']],
  ])('%s', (_case, shares, prefix, tags) => {
    expect(wantedTags({ shares }, prefix)).toEqual(tags);
    expect(tags.every((tag) => isOurTag(tag, prefix))).toBe(true);
  });
});

describe('isOurTag', () => {
  it.each([
    ['partner_nord', '', true],
    ['Region_SE', '', true],
    ['partner_', '', false],
    ['partner_no-rd', '', false],
    ['my_partner_nord', '', false],
    ['partners', '', false],
    ['partner_nord', 'dl_', false],
    ['dl_partner_nord', 'dl_', true],
  ])('%s behind "%s": %s', (tag, prefix, ours) => {
    expect(isOurTag(tag, prefix)).toBe(ours);
  });
});
