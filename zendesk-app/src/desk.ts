import type { FieldChange, FieldState } from './correction.ts';
import type { ZafClient } from './zaf.ts';

export type WriteFault = 'closed' | 'notValid' | 'forbidden' | 'severalChoices' | 'failed';

/** Zendesk is waited for this long before its silence counts as a failure. */
export const deskPatienceMs = 30_000;

/** Zendesk did not take a change, or is not asked to. */
export class DeskFault extends Error {
  readonly fault: WriteFault;
  /** The title in Zendesk of the field where it lies, if it lies in one. */
  readonly field: string | undefined;
  constructor(fault: WriteFault, field?: string) {
    super(fault);
    this.name = 'DeskFault';
    this.fault = fault;
    this.field = field;
  }
}

/** The ticket's fields, through the agent's own Zendesk session: works while our service is down, and the audit says who. */
export interface Desk {
  /** `saved`: written at once; `draft`: kept in the form until the agent saves. */
  readonly keeps: 'saved' | 'draft';
  /**
   * How they stand; throws DeskFault. Asked before a correction begins and not before its later steps, and before an undo where
   * it is sure what was written.
   */
  fields(ids: readonly string[]): Promise<ReadonlyMap<string, FieldState>>;
  write(changes: readonly FieldChange[]): Promise<void>;
}

type Json = Record<string, unknown>;
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(record) : []);
const json = (value: unknown): Json => record(typeof value === 'string' ? JSON.parse(value) : value);

const textOf = (value: unknown): string | null =>
  value === null || value === undefined || value === '' ? null : String(value);

/** Of a closed ticket Zendesk names the status, of what a form demands the ticket (`base`) or a field; all else is in words. */
const isClosed = (error: Json): boolean => {
  try {
    return 'status' in record(json(error.responseJSON ?? error.responseText).details);
  } catch {
    // No words of Zendesk's.
    return false;
  }
};

const faultOf = (thrown: unknown): WriteFault => {
  const error = record(thrown);
  const status = Number(error.status ?? 0);
  if (status === 401 || status === 403) return 'forbidden';
  if (status !== 422) return 'failed';
  return isClosed(error) ? 'closed' : 'notValid';
};

/** Null: any text. A field of several choices at once is not for us to write, for one would take the agents' others away. */
const optionsOf = async (client: Pick<ZafClient, 'request'>, id: string): Promise<readonly string[] | null> => {
  const answer = json(await client.request({ url: `/api/v2/ticket_fields/${id}.json`, type: 'GET' }));
  const field = record(answer.ticket_field);
  if (field.type === 'multiselect') throw new DeskFault('severalChoices', String(field.title ?? id));
  if (field.type !== 'tagger') return null;
  return list(field.custom_field_options).map(({ value }) => String(value));
};

const asFault = async <Value>(work: Promise<Value>): Promise<Value> => {
  try {
    return await work;
  } catch (error) {
    throw error instanceof DeskFault ? error : new DeskFault(faultOf(error));
  }
};

/**
 * An existing ticket. The change is a PUT of its own and not `client.set`: `set` only fills in the form, so that there is no
 * audit before the agent submits, none if they never do, and then it goes out with a half-written reply. A PUT of one field
 * makes its audit at once, and the agent's draft stays: Zendesk brings the new value into the open form, which sends only
 * what the agent changed in it.
 */
export const savedDesk = (client: Pick<ZafClient, 'request'>, ticketId: string): Desk => {
  const path = `/api/v2/tickets/${ticketId}.json`;
  return {
    keeps: 'saved',
    fields: (ids) =>
      asFault(
        (async () => {
          const [ticket, ...options] = await Promise.all([
            client.request({ url: path, type: 'GET' }),
            ...ids.map((id) => optionsOf(client, id)),
          ]);
          const held = new Map(
            list(record(json(ticket).ticket).custom_fields).map((field) => [String(field.id), textOf(field.value)]),
          );
          return new Map(ids.map((id, at) => [id, { value: held.get(id) ?? null, options: options[at] ?? null }]));
        })(),
      ),
    async write(changes) {
      const custom_fields = changes.map(({ id, value }) => ({
        // Zendesk's ids are numbers; one that outgrows JavaScript's stays text, which Zendesk takes too.
        id: Number.isSafeInteger(Number(id)) ? Number(id) : id,
        value,
      }));
      await asFault(
        client.request({
          url: path,
          type: 'PUT',
          contentType: 'application/json',
          data: JSON.stringify({ ticket: { custom_fields } }),
        }),
      );
    },
  };
};

/** A ticket that is being written: its form is all there is, and the fields are saved with it. */
export const draftDesk = (client: Pick<ZafClient, 'get' | 'set' | 'request'>): Desk => {
  const pathOf = (id: string): string => `ticket.customField:custom_field_${id}`;
  return {
    keeps: 'draft',
    fields: (ids) =>
      asFault(
        (async () => {
          const [held, ...options] = await Promise.all([
            client.get(ids.map(pathOf)),
            ...ids.map((id) => optionsOf(client, id)),
          ]);
          return new Map(ids.map((id, at) => [id, { value: textOf(held[pathOf(id)]), options: options[at] ?? null }]));
        })(),
      ),
    async write(changes) {
      for (const { id, value } of changes) await asFault(client.set(pathOf(id), value ?? ''));
    },
  };
};
