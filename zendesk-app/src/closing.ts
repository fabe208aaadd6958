import type { ZafClient } from './zaf.ts';

/**
 * With custom statuses it is the category that changes; what others save comes as an update. Each is asked after, for none of them
 * brings the status. https://developer.zendesk.com/api-reference/apps/apps-support-api/ticket_sidebar/#events
 */
const events = ['ticket.status.changed', 'ticket.statusCategory.changed', 'ticket.updated'] as const;

/** Tells whether Zendesk takes no change of the ticket any more, whenever that may have changed while it is open. */
export const watchClosing = (client: Pick<ZafClient, 'get' | 'on'>, tell: (isClosed: boolean) => void): void => {
  let asked = 0;
  const ask = async (): Promise<void> => {
    asked += 1;
    const mine = asked;
    // Without an answer what was told last holds.
    const told = await client.get('ticket.status').catch(() => ({}) as Record<string, unknown>);
    const status = told['ticket.status'];
    if (mine === asked && typeof status === 'string') tell(status === 'closed');
  };
  for (const event of events) client.on(event, () => void ask());
};
