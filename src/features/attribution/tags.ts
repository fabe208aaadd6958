import type { Decision } from './decision.ts';

/** Codes may hold capitals (a country as its own region); a tag never does. */
const tagText = (code: string): string => code.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');

/** The tags a decision asks for (RULES section 9): one per partner and per region, sorted; none where it names neither. */
export const wantedTags = (decision: Pick<Decision, 'shares'>, tagPrefix: string): string[] => {
  const tags = new Set<string>();
  for (const { partner, region } of decision.shares) {
    if (partner !== null) tags.add(`${tagPrefix}partner_${tagText(partner)}`);
    if (region !== null) tags.add(`${tagPrefix}region_${tagText(region)}`);
  }
  return [...tags].sort();
};

/** Whether a tag has the form of ours behind the connection's prefix. */
export const isOurTag = (tag: string, tagPrefix: string): boolean => {
  const lower = tag.toLowerCase();
  const prefix = tagPrefix.toLowerCase();
  return lower.startsWith(prefix) && /^(?:partner|region)_[a-z0-9_]+$/.test(lower.slice(prefix.length));
};
