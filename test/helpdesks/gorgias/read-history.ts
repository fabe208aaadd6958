import type { HandleTime } from '../../../src/helpdesks/gorgias/handle-time.ts';
import { readHistory } from '../../../src/helpdesks/gorgias/history.ts';
import { eventSchema, ticketSchema, voiceCallSchema } from '../../../src/helpdesks/gorgias/schema.ts';
import { apiUser, bot, customer, now, settingsWith } from './support.ts';

export const told = (seconds: number, agentId: string | null = null): HandleTime => ({
  state: 'told',
  row: { seconds, agentId },
});

export const read = (
  ticket: Record<string, unknown>,
  {
    events = [],
    calls = [],
    handleTime = null,
    merges = [],
    tagNames = {},
  }: {
    readonly events?: readonly object[];
    readonly calls?: readonly object[];
    readonly handleTime?: HandleTime | null;
    readonly merges?: readonly object[];
    readonly tagNames?: Record<string, string>;
  } = {},
) => {
  const parsed = ticketSchema.parse(ticket);
  return readHistory(
    {
      ticket: parsed,
      messages: parsed.messages,
      events: events.map((one) => eventSchema.parse(one)),
      calls: calls.map((one) => voiceCallSchema.parse(one)),
      handleTime,
      merges: merges.map((one) => eventSchema.parse(one)),
    },
    {
      settings: settingsWith(),
      apiUserId: apiUser,
      customerId: customer,
      isBot: (id) => id === bot,
      tagName: (id) => tagNames[id],
      now,
    },
  );
};
