import { describe, expect, it } from 'vitest';
import { countryCode } from '../../src/platform/country-names.ts';

describe('the code of a country', () => {
  it.each([
    ['SE', 'SE'],
    [' se ', 'SE'],
    ['SWE', 'SE'],
    ['Sweden', 'SE'],
    ['Sverige', 'SE'],
    ['SCHWEDEN', 'SE'],
    ['Suède', 'SE'],
    ['suede', 'SE'],
    ['السويد', 'SE'],
    ['瑞典', 'SE'],
    ['Швеция', 'SE'],
    ['Deutschland', 'DE'],
    ['Österreich', 'AT'],
    ['osterreich', 'AT'],
    ['Türkiye', 'TR'],
    ['Turkey', 'TR'],
    ['Côte d’Ivoire', 'CI'],
    ["Cote d'Ivoire", 'CI'],
    ['UK', 'GB'],
    ['U.K.', 'GB'],
    ['U.S.A.', 'US'],
    ['Holland', 'NL'],
    ['Bosnia & Herzegovina', 'BA'],
    ['EL', 'GR'],
    ['Kosovo', 'XK'],
  ])('of "%s" is %s', (text, code) => expect(countryCode(text)).toBe(code));

  it.each(['', ' ', 'Atlantis', 'QQ', 'EU', 'Nord', 'constructor', '7'])('of "%s" there is none', (text) =>
    expect(countryCode(text)).toBeNull(),
  );
});
