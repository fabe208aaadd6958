import type { Sql } from '../../platform/database/database.ts';
import { currentRules } from './import-rules.ts';
import type { TicketCondition, TicketRule } from './rules.ts';
import { isOurTag } from './tags.ts';

/** What agents corrected again and again, as a rule of rung 6 that would have done it. */
export interface CorrectionSuggestion {
  /** "agents moved 14 of 15 tickets of brand 42 to nord: make a ticket rule" */
  readonly words: string;
  readonly rule: { readonly when: TicketCondition; readonly partner?: string; readonly region?: string };
  /** Tickets of the condition that no order decides, those of them that agents moved, and those moved to just this. */
  readonly tickets: number;
  readonly moved: number;
  readonly agreeing: number;
  /** Newest first; at most 5 ids as `GET /api/v1/tickets/{id}` takes them. */
  readonly examples: readonly string[];
}

/** Fewer corrections are a person's day, no rule. */
const leastAgreeing = 5;
/** Of those that agents moved, and of all tickets of the condition: a rule would move the others too. */
const leastOfMoved = 0.9;
const leastOfTickets = 0.5;
const mostTickets = 20_000;
const mostSuggestions = 50;
const mostExamples = 5;

interface Seen {
  readonly id: bigint;
  readonly connectionId: number;
  readonly conditions: readonly (readonly [keyof TicketCondition, string])[];
  /** What agents chose, "partner nord"; empty where nobody did. */
  readonly chosen: readonly string[];
}

/**
 * The latest tickets that no order decides: the rungs below a rule have nothing to say of them, so that a rule would hold.
 * Of a person's decision `below` tells what the rungs below said.
 */
const undecidedByOrders = async (
  sql: Sql,
  { since, tagPrefixes }: { readonly since: Date; readonly tagPrefixes: ReadonlyMap<number, string> },
): Promise<Seen[]> => {
  const rows = await sql.query<{
    id: bigint;
    connection_id: number;
    brand_id: string | null;
    inbox_id: string | null;
    organization_id: string | null;
    form_id: string | null;
    tags: string[];
    partner: string | null;
    region: string | null;
    chose_partner: boolean;
    chose_region: boolean;
  }>(
    `select t.id, t.connection_id, t.brand_id, t.inbox_id, t.organization_id, t.form_id, t.tags, s.partner, s.region,
            a.method = 'person' and a.evidence ? 'partner' as chose_partner, a.method = 'person' and a.evidence ? 'region' as chose_region
       from ticket t join attribution a on a.ticket_id = t.id and a.current
       join attribution_share s on s.attribution_id = a.id and s.share_no = 0
      where t.created_at >= $1 and not a.evidence ? 'inherited'
        and (a.method in ('rule', 'unattributed') or a.method = 'person' and coalesce(a.evidence -> 'below' ->> 'method', 'rule') = 'rule')
      order by t.created_at desc, t.id desc limit $2`,
    [since, mostTickets],
  );
  return rows.map((row) => ({
    id: row.id,
    connectionId: row.connection_id,
    conditions: [
      ...(row.brand_id === null ? [] : [['brandId', row.brand_id] as const]),
      ...(row.inbox_id === null ? [] : [['inbox', row.inbox_id] as const]),
      ...(row.organization_id === null ? [] : [['organizationId', row.organization_id] as const]),
      ...(row.form_id === null ? [] : [['formId', row.form_id] as const]),
      ...row.tags
        .filter((tag) => !isOurTag(tag, tagPrefixes.get(row.connection_id) ?? ''))
        .map((tag) => ['tag', tag.toLowerCase()] as const),
    ],
    chosen: [
      ...(row.chose_partner && row.partner !== null ? [`partner ${row.partner}`] : []),
      ...(row.chose_region && row.region !== null ? [`region ${row.region}`] : []),
    ],
  }));
};

const words: Record<keyof TicketCondition, string> = {
  brandId: 'brand',
  inbox: 'inbox',
  organizationId: 'organisation',
  formId: 'form',
  tag: 'tag',
};

const isGivenAlready = (
  rules: readonly TicketRule[],
  { condition, gives, code }: { readonly condition: TicketCondition; readonly gives: string; readonly code: string },
): boolean =>
  rules.some(
    (rule) =>
      JSON.stringify(rule.condition) === JSON.stringify(condition) &&
      (gives === 'partner' ? rule.partner === code : rule.region === code),
  );

/** Pure: the conditions whose tickets agents moved to one and the same, the most often first. */
export const suggestFromCorrections = (seen: readonly Seen[], rules: readonly TicketRule[]): CorrectionSuggestion[] => {
  const byCondition = new Map<string, Seen[]>();
  for (const ticket of seen)
    for (const condition of ticket.conditions) {
      const key = JSON.stringify(condition);
      byCondition.set(key, [...(byCondition.get(key) ?? []), ticket]);
    }
  return [...byCondition]
    .flatMap(([key, tickets]): CorrectionSuggestion[] => {
      const [field, value] = JSON.parse(key) as [keyof TicketCondition, string];
      const condition = { [field]: value } as TicketCondition;
      return ['partner', 'region'].flatMap((gives): CorrectionSuggestion[] => {
        const moved = tickets.filter(({ chosen }) => chosen.some((one) => one.startsWith(`${gives} `)));
        const byCode = Map.groupBy(moved, ({ chosen }) => chosen.find((one) => one.startsWith(`${gives} `)) ?? '');
        const [best] = [...byCode].toSorted(([a, m], [b, n]) => n.length - m.length || (a < b ? -1 : 1));
        if (!best) return [];
        const [choice, agreeing] = best;
        const code = choice.slice(gives.length + 1);
        if (
          agreeing.length < leastAgreeing ||
          agreeing.length < leastOfMoved * moved.length ||
          agreeing.length < leastOfTickets * tickets.length ||
          isGivenAlready(rules, { condition, gives, code })
        )
          return [];
        return [
          {
            words: `agents moved ${agreeing.length} of ${tickets.length} tickets of ${words[field]} ${value} to ${code}: make a ticket rule`,
            rule: { when: condition, [gives]: code },
            tickets: tickets.length,
            moved: moved.length,
            agreeing: agreeing.length,
            examples: agreeing.slice(0, mostExamples).map(({ id }) => String(id)),
          },
        ];
      });
    })
    .toSorted((a, b) => b.agreeing - a.agreeing || a.tickets - b.tickets || (a.words < b.words ? -1 : 1))
    .slice(0, mostSuggestions);
};

/** Rules that the corrections of agents since a moment amount to. */
export const correctionSuggestions = async (
  sql: Sql,
  options: { readonly since: Date; readonly tagPrefixes: ReadonlyMap<number, string> },
): Promise<CorrectionSuggestion[]> =>
  suggestFromCorrections(await undecidedByOrders(sql, options), await currentRules(sql));
