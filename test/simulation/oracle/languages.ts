import type { Order } from './orders.ts';

/** What the survey speaks (DESIGN.md section 7). */
const spoken = ['en', 'de', 'fr', 'es', 'sv', 'ar'];
const everybodys = 'en';

/** Of the countries of the stories; Norway speaks none of them. */
const ofCountry: Readonly<Record<string, string>> = { SE: 'sv', DE: 'de', AT: 'de', FR: 'fr', CH: 'de' };
const official: Readonly<Record<string, readonly string[]>> = { CH: ['de', 'fr', 'it'] };

const firstPart = (tag: string | null | undefined): string => (tag ?? '').toLowerCase().split(/[-_]/)[0] ?? '';

/**
 * Which language a ticket is in: that of its text, else of the requester's profile, the order or its country, else English;
 * what the survey does not speak gives way. Somebody who uses another of a country's languages is not taken for a neighbour.
 */
export const languageOf = ({
  text,
  profile,
  order,
}: {
  readonly text: string | null;
  readonly profile: string | null;
  readonly order: Pick<Order, 'locale' | 'country'> | undefined;
}): string => {
  const known = [text, profile, order?.locale].map(firstPart);
  const said = known.find((language) => spoken.includes(language));
  if (said !== undefined) return said;
  const neighbour = (official[order?.country ?? ''] ?? []).some((language) => known.includes(language));
  return (!neighbour && ofCountry[order?.country ?? '']) || everybodys;
};
