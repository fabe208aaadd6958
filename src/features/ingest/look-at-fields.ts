import { hourMs, minuteMs } from '../../core/time.ts';
import type { TicketField } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import { inBackground } from '../../platform/http/budget.ts';
import { type Connection, fieldName, guessFields, type MappedField, mappedFields } from '../directory/index.ts';
import type { Troubles } from './trouble.ts';

/** Fields change by an administrator's hand; while one is gone, or the mapping changed, each look of the watch asks. */
const everyMs = hourMs;
/** After a refused write it is asked sooner, however many writes are refused. */
const refusedEveryMs = 10 * minuteMs;

const namesOf = (fields: readonly MappedField[]): string =>
  fields.map(({ setting, id }) => `${id.slice(0, 80)} (${setting})`).join(', ');

const textOf = (lost: readonly MappedField[]): string => {
  const names = namesOf(lost);
  return lost.length === 1
    ? `The mapped ticket field ${names} is deleted, deactivated or renamed at the helpdesk.`
    : `The mapped ticket fields ${names} are deleted, deactivated or renamed at the helpdesk.`;
};

const nextOf = ({ id, settings }: Connection, lost: readonly MappedField[], fields: readonly TicketField[]): string => {
  const without = Object.fromEntries(
    Object.entries(settings).filter(([key]) => !lost.some(({ setting }) => setting === key)),
  );
  const [guess] = guessFields(fields, without).filter(({ setting }) => lost.some((one) => one.setting === setting));
  const [other] = guess?.candidates.length === 1 ? guess.candidates : [];
  const example = JSON.stringify({ [guess?.setting ?? lost[0]?.setting ?? '']: other?.id ?? '...' });
  return (
    `Bring it back there, or name ${other ? `another, perhaps ${fieldName(other)}` : 'another (null: none)'}: ` +
    `deskledger connection ${id} --settings FILE.json with ${example}. Tickets are read, priced and tagged meanwhile.`
  );
};

/** What is said where nobody can tell whether the mapped fields exist, nor perhaps write them. */
const closedTo = ({ id }: Connection, mapped: readonly MappedField[]) => ({
  state: 'forbidden' as const,
  text: `The list of ticket fields is closed to our user or key, so that nobody sees whether the mapped ones are there still: ${namesOf(mapped)}.`,
  next:
    `Give our user or key the right to ticket fields (deskledger doctor names it), or map none: deskledger connection ${id} --settings FILE.json ` +
    `with ${JSON.stringify(Object.fromEntries(mapped.map(({ setting }) => [setting, null])))}. Tickets are read, priced and tagged meanwhile.`,
});

/** Sees whether the ticket fields that a connection's settings name are there still, and says so as its state. */
export const createFieldLook = ({
  clock,
  troubles,
  clientOf,
}: {
  readonly clock: Clock;
  readonly troubles: Pick<Troubles, 'sawFields' | 'lacksFields'>;
  readonly clientOf: (connection: Connection) => { fields?(): Promise<readonly TicketField[] | null> };
}) => {
  const looked = new Map<number, { readonly atMs: number; readonly mapping: string }>();

  return async (connection: Connection, { refused = false } = {}): Promise<void> => {
    const { id, settings } = connection;
    const mapped = mappedFields(settings);
    const mapping = JSON.stringify(mapped);
    const nowMs = clock.now().getTime();
    const last = looked.get(id);
    const agoMs = last?.mapping === mapping ? nowMs - last.atMs : Number.POSITIVE_INFINITY;
    if (agoMs < (refused ? refusedEveryMs : everyMs) && (refused || !(await troubles.lacksFields(id)))) return;
    looked.set(id, { atMs: nowMs, mapping });
    if (mapped.length === 0) return troubles.sawFields(id, null);
    const fields = await inBackground(async () => clientOf(connection).fields?.());
    // Undefined: the helpdesk lists none.
    if (fields === undefined) return;
    if (fields === null) return troubles.sawFields(id, closedTo(connection, mapped));
    const lost = mapped.filter((one) => !fields.some((field) => field.id === one.id));
    await troubles.sawFields(
      id,
      lost.length === 0 ? null : { state: 'lost fields', text: textOf(lost), next: nextOf(connection, lost, fields) },
    );
  };
};
