/** A form of the survey page, as a browser would send it. */
export interface SurveyForm {
  /** Absolute address. */
  readonly action: string;
  readonly method: string;
  /** Hidden fields and ticked ones. */
  readonly fields: ReadonlyMap<string, string>;
  /** The scores that the question offers. */
  readonly scores: readonly string[];
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** Text with its HTML entities resolved. */
export const unescapeHtml = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    return entities[(name ?? '').toLowerCase()] ?? whole;
  });

/** The attributes of a tag's inside; names in lower case, an attribute without value is "". */
const attributesOf = (inside: string): ReadonlyMap<string, string> =>
  new Map(
    [...inside.matchAll(/([^\s"'=<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g)].map(
      ([, name = '', double, single, bare]) => [name.toLowerCase(), unescapeHtml(double ?? single ?? bare ?? '')],
    ),
  );

/** The form that holds a choice named `score`; null where the page has none, as after an answer or past its time. */
export const findSurveyForm = (html: string, pageUrl: string): SurveyForm | null => {
  for (const [, formInside = '', content = ''] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form\s*>/gi)) {
    const form = attributesOf(formInside);
    const fields = new Map<string, string>();
    const scores: string[] = [];
    for (const [, inside = ''] of content.matchAll(/<(?:input|button)\b([^>]*)>/gi)) {
      const attributes = attributesOf(inside);
      const name = attributes.get('name');
      const value = attributes.get('value') ?? 'on';
      const type = attributes.get('type')?.toLowerCase() ?? 'text';
      if (!name) continue;
      if (name === 'score') scores.push(value);
      else if (type === 'hidden' || (type === 'checkbox' && attributes.has('checked'))) fields.set(name, value);
    }
    if (scores.length > 0)
      return {
        action: new URL(form.get('action') || pageUrl, pageUrl).href,
        method: (form.get('method') ?? 'get').toUpperCase(),
        fields,
        scores,
      };
  }
  return null;
};
