import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import type { Half } from './correction.ts';
import { confidenceName, howName } from './names.ts';
import { isNobodys } from './shares.ts';
import type { Speech } from './words.ts';

/** How one half is known; null where its row says so itself. */
const howOf = (half: Half, data: SidebarTicket, { words }: Speech): string | null => {
  const { attribution } = data;
  if (attribution === null) return null;
  const method = attribution.how[half];
  if (isNobodys(half, attribution)) return half === 'partner' && method === 'person' ? words.how.nobody : null;
  return method === 'unattributed' ? null : howName(method, words);
};

/** How partner and region are known, by the parts of a line: in one line, or in one of each where they are not known by the same. */
export const evidenceOf = (data: SidebarTicket, speech: Speech): readonly (readonly string[])[] => {
  const { words, fill } = speech;
  const [partner, region] = [howOf('partner', data, speech), howOf('region', data, speech)];
  const of = (half: Half, how: string): string => fill(words.how.of, { half: words.whose[half], how });
  if (partner !== null && region !== null && partner !== region)
    return [[of('partner', partner)], [of('region', region)]];
  const only = partner ?? (region && of('region', region));
  const confidence = data.attribution && confidenceName(data.attribution.confidence, words);
  return only === null ? [] : [confidence ? [only, confidence] : [only]];
};
