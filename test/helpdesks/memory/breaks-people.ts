import { adapterWith, type Break, clientWith, historyWith, ticketWith } from './breaking.ts';

/** Breaks of who did what on a ticket. */
export const peopleBreaks: Readonly<Record<string, Break>> = {
  'whoever worked on a ticket is named, and its customer is not': clientWith((client) => ({
    pullTickets: async (wanted) => ({ ...(await client.pullTickets(wanted)), agents: [] }),
  })),
  'the agent who has a ticket is told': ticketWith(() => ({ assigneeId: null })),
  'a note among colleagues is no answer to the customer': historyWith(({ touches }) => ({
    touches: touches.map((touch) => ({ ...touch, kind: 'public_reply' })),
  })),
  'what a bot answers is no work of an agent': historyWith(({ touches }) => ({
    touches: touches.map((touch) => ({ ...touch, actor: 'agent' })),
  })),
  'what our own user writes is nobody’s work': adapterWith((adapter) => ({
    connect: (settings, deps) => adapter.connect(settings, { ...deps, apiUserId: null }),
  })),
  'a person’s choice of the region is told as that of the partner is': historyWith(({ choices }) => ({
    choices: choices && { ...choices, region: [] },
  })),
  'a ticket that takes no tags any more is told as closed and frozen, and refuses them': ticketWith(() => ({
    frozen: false,
  })),
};
