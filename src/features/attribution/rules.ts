import { z } from 'zod';
import { faultsOf, type InputFault } from '../../core/errors.ts';
import { refuseFaults } from '../../platform/csv.ts';
import { readJsonList } from '../../platform/json-list.ts';
import type { PartnerBook, RegionBook } from '../directory/index.ts';
import { isOurTag } from './tags.ts';

const idText = z.union([z.string().trim().min(1).max(200), z.int().transform(String)]);

const conditionSchema = z
  .strictObject({
    brandId: idText.optional(),
    inbox: idText.optional(),
    organizationId: idText.optional(),
    formId: idText.optional(),
    tag: idText.optional(),
  })
  .refine(
    (condition) => Object.keys(condition).length > 0,
    'names nothing; give brandId, inbox, organizationId, formId or tag',
  );

const ruleSchema = z
  .strictObject({ when: conditionSchema, partner: z.string().min(1).nullish(), region: z.string().min(1).nullish() })
  .refine(
    ({ partner, region }) => (partner ?? region ?? null) !== null,
    'gives nothing; name a partner, a region or both',
  );

export type TicketCondition = z.output<typeof conditionSchema>;

/** Rung 6: what a ticket must have, all of it, and whose it then is. */
export interface TicketRule {
  readonly id: number;
  readonly condition: TicketCondition;
  readonly partner: string | null;
  readonly region: string | null;
}

/** What rules read of a ticket; `tagPrefix` tells our own tags, which count for nothing here. */
interface RuledTicket {
  readonly brandId: string | null;
  readonly organizationId: string | null;
  readonly formId: string | null;
  readonly inboxId: string | null;
  readonly tags: readonly string[];
  readonly tagPrefix: string;
}

export const matchRule = ({ condition }: TicketRule, ticket: RuledTicket): boolean => {
  const wants = (wanted: string | undefined, had: string | null): boolean => wanted === undefined || wanted === had;
  const tag = condition.tag?.toLowerCase();
  return (
    wants(condition.brandId, ticket.brandId) &&
    wants(condition.inbox, ticket.inboxId) &&
    wants(condition.organizationId, ticket.organizationId) &&
    wants(condition.formId, ticket.formId) &&
    (tag === undefined || (!isOurTag(tag, ticket.tagPrefix) && ticket.tags.some((own) => own.toLowerCase() === tag)))
  );
};

/**
 * Ticket rules from JSON, in the order in which they are tried. Throws InvalidInput with every fault, each with a field such
 * as "rule 2, partner" (the first rule is 1).
 */
export const parseTicketRules = (
  text: string,
  books: { readonly partners: Pick<PartnerBook, 'resolve'>; readonly regions: Pick<RegionBook, 'resolve'> },
): Omit<TicketRule, 'id'>[] => {
  const list = readJsonList(text, {
    what: 'The ticket rules',
    name: 'rules',
    example: '[{"when": {"tag": "b2b"}, "partner": "nord"}]',
  });
  const faults: InputFault[] = [];
  const rules = list.flatMap((raw: unknown, index) => {
    const at = (field: string): string => (field === '' ? `rule ${index + 1}` : `rule ${index + 1}, ${field}`);
    const parsed = ruleSchema.safeParse(raw);
    if (!parsed.success) {
      faults.push(...faultsOf(parsed.error.issues, '').map(({ field, reason }) => ({ field: at(field), reason })));
      return [];
    }
    const { when, partner = null, region = null } = parsed.data;
    const partnerCode = partner === null ? null : books.partners.resolve(partner);
    const regionCode = region === null ? null : books.regions.resolve(region);
    if (partner !== null && partnerCode === null)
      faults.push({ field: at('partner'), reason: `"${partner}" is no partner; import it first` });
    if (region !== null && regionCode === null)
      faults.push({ field: at('region'), reason: `"${region}" is neither a region nor a country code` });
    return [{ condition: when, partner: partnerCode, region: regionCode }];
  });
  refuseFaults('The file', faults, 'rules');
  return rules;
};
