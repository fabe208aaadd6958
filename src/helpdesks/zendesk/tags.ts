import { UpstreamError } from '../../core/errors.ts';
import type { Http } from '../../platform/http/client.ts';
import { checkTags } from '../mapping.ts';
import type { HelpdeskClient, TagChange } from '../port.ts';
import { ticketAnswer } from './schema.ts';

/** How often a write meets somebody else's save before the outbox has to wait with it. */
const mostClashes = 3;

/** Zendesk lower-cases tags as well, and splits them at spaces and commas. */
export const longestTag = 80;

/** As Zendesk writes it: whole seconds without a fraction. */
const stampOf = (at: Date): string => at.toISOString().replace('.000Z', 'Z');

const isClash = (error: unknown): boolean => error instanceof UpstreamError && error.status === 409;

/** Somebody else saved the ticket in the same moment; the call may be made again. */
const asRetryable = (error: unknown): unknown =>
  error instanceof UpstreamError && error.status === 409
    ? new UpstreamError(error.message, { status: 409, retryable: true }, { cause: error })
    : error;

/**
 * Adds tags and takes tags away, each by the call that leaves the others alone. Even so tags get lost where two programs save
 * a ticket at once, unless the call names the state it knows and is refused when that is not the latest
 * (https://developer.zendesk.com/api-reference/ticketing/ticket-management/tags/#safe-update): so it names ours, and on a
 * clash reads the ticket and writes what is still lacking.
 */
export const createTagChange = ({
  http,
  updatesHttp,
}: {
  readonly http: Http;
  readonly updatesHttp: Http;
}): HelpdeskClient['changeTags'] => {
  const look = async (id: string): Promise<{ readonly tags: readonly string[]; readonly stamp: string }> => {
    const { ticket } = await http.read({ path: '/api/v2/tickets/{id}.json', params: { id } }, ticketAnswer);
    return { tags: ticket.tags, stamp: stampOf(ticket.updated_at) };
  };

  const write = async (
    id: string,
    method: 'PUT' | 'DELETE',
    { tags, stamp }: { readonly tags: readonly string[]; readonly stamp: string | null },
  ): Promise<void> => {
    if (tags.length === 0) return;
    const safely = stamp === null ? {} : { updated_stamp: stamp, safe_update: 'true' };
    // PUT adds to the ticket's tags, POST would replace them all.
    await updatesHttp.request({
      method,
      path: '/api/v2/tickets/{id}/tags',
      params: { id },
      body: { tags, ...safely },
    });
  };

  return async (id, { add, remove }: TagChange, held) => {
    checkTags([...add, ...remove], longestTag);
    let stamp = held ? stampOf(held.updatedAt) : null;
    let [adding, removing] = [add, remove];
    for (let clashes = 0; ; ) {
      try {
        await write(id, 'PUT', { tags: adding, stamp });
        // What we just wrote is a new state, which only a look tells.
        if (stamp !== null && adding.length > 0 && removing.length > 0) {
          adding = [];
          const seen = await look(id);
          stamp = seen.stamp;
          removing = removing.filter((tag) => seen.tags.includes(tag));
        }
        await write(id, 'DELETE', { tags: removing, stamp });
        return;
      } catch (error) {
        clashes += 1;
        if (!isClash(error) || stamp === null || clashes > mostClashes) throw asRetryable(error);
        const seen = await look(id);
        stamp = seen.stamp;
        adding = adding.filter((tag) => !seen.tags.includes(tag));
        removing = removing.filter((tag) => seen.tags.includes(tag));
      }
    }
  };
};
