import type { TicketField } from '../../helpdesks/port.ts';
import { type Accepts, type Connection, fieldName, guessFields, mappedFields } from '../directory/index.ts';
import type { Check } from './check.ts';

/** The ticket fields of an account, as a look found them. */
export interface FieldsLook {
  readonly list: readonly TicketField[];
  readonly accepts: Accepts;
}

/** Which ticket fields are used, and for what is not mapped those that seem to hold it. */
export const fieldChecks = (
  what: string,
  { id, settings }: Pick<Connection, 'id' | 'settings'>,
  { list, accepts }: FieldsLook,
): Check[] => {
  const used = mappedFields(settings).flatMap((mapped) => {
    const field = list.find((one) => one.id === mapped.id);
    return field ? [`${mapped.setting} is ${fieldName(field)}`] : [];
  });
  return [
    { what: `${what}, mapped fields`, state: 'ok', found: used.length > 0 ? used.join('; ') : 'none' },
    ...guessFields(list, settings, accepts).map(
      ({ setting, what: held, candidates }): Check => ({
        what: `${what}, field of the ${held}`,
        state: 'warning',
        found: `none is mapped; it may be ${candidates.map(fieldName).join(' or ')}`,
        next: `If ${candidates.length === 1 ? 'it is' : 'one of them is'}: deskledger connection ${id} --settings FILE.json with ${JSON.stringify({ [setting]: candidates.length === 1 ? candidates[0]?.id : '...' })}`,
      }),
    ),
  ];
};
