import { type Day, dayIn } from '../../core/time.ts';
import type { Channel, Touch } from '../../helpdesks/port.ts';
import type { Constants } from './constants.ts';

/** Work that no clock measured, made of one reply or note. */
export interface Estimate {
  readonly sourceKey: string;
  readonly agentId: string;
  readonly actor: 'agent' | 'ai_agent';
  readonly clock: string;
  readonly channel: Channel;
  readonly rawSeconds: number;
  readonly workedAt: Date;
  readonly workedDay: Day;
}

/** What "measured" an estimate, so that it can be made again without its touch when a constant changes. */
const clocks = {
  public_reply: 'estimate: public reply',
  internal_note: 'estimate: internal note',
  ai_public_reply: 'estimate: reply of an AI agent',
} as const;
const kinds = ['public_reply', 'internal_note', 'ai_public_reply'] as const;
const talkClock = 'talk time';

/** The seconds that today's constants give a stored estimate; its own where talk time made it. */
export const estimateAgain = (
  estimate: {
    readonly clock: string;
    readonly channel: Channel | null;
    readonly rawSeconds: number;
    readonly workedDay: Day;
  },
  constants: Constants,
): number => {
  const kind = kinds.find((one) => clocks[one] === estimate.clock);
  return kind ? constants(kind, estimate.channel, estimate.workedDay) : estimate.rawSeconds;
};

/**
 * One estimate per touch: a public reply by the constant of its channel, on the phone by its talk seconds where the
 * helpdesk has them; an internal note by its own. The channel is the message's, else the ticket's. RULES section 4. Of an AI
 * agent its public replies alone, by a constant of their own.
 */
export const estimateTouches = (
  touches: readonly Touch[],
  options: { readonly ticketChannel: Channel; readonly constants: Constants; readonly timeZone: string },
): Estimate[] =>
  touches.flatMap((touch) => {
    const channel = touch.channel ?? options.ticketChannel;
    const workedDay = dayIn(options.timeZone, touch.at);
    const actor = touch.actor ?? 'agent';
    if (actor === 'ai_agent' && touch.kind !== 'public_reply') return [];
    const kind = actor === 'ai_agent' ? 'ai_public_reply' : touch.kind;
    const talked = kind === 'public_reply' && channel === 'phone' ? touch.talkSeconds : undefined;
    return [
      {
        sourceKey: `estimate:${touch.sourceKey}`,
        agentId: touch.agentId,
        actor,
        clock: talked === undefined ? clocks[kind] : talkClock,
        channel,
        rawSeconds: talked ?? options.constants(kind, channel, workedDay),
        workedAt: touch.at,
        workedDay,
      },
    ];
  });
