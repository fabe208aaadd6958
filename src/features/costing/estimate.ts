import { type Day, dayIn } from '../../core/time.ts';
import type { Channel, Touch } from '../../helpdesks/port.ts';
import type { Constants } from './constants.ts';

/** Work that no clock measured, made of one reply or note. */
export interface Estimate {
  readonly sourceKey: string;
  readonly agentId: string;
  readonly clock: string;
  readonly channel: Channel;
  readonly rawSeconds: number;
  readonly workedAt: Date;
  readonly workedDay: Day;
}

/**
 * One estimate per touch: a public reply by the constant of its channel, on the phone by its talk seconds where the
 * helpdesk has them; an internal note by its own. The channel is the message's, else the ticket's. RULES section 4.
 */
export const estimateTouches = (
  touches: readonly Touch[],
  options: { readonly ticketChannel: Channel; readonly constants: Constants; readonly timeZone: string },
): Estimate[] =>
  touches.map((touch) => {
    const channel = touch.channel ?? options.ticketChannel;
    const workedDay = dayIn(options.timeZone, touch.at);
    const talked = touch.kind === 'public_reply' && channel === 'phone' ? touch.talkSeconds : undefined;
    return {
      sourceKey: `estimate:${touch.sourceKey}`,
      agentId: touch.agentId,
      clock: talked === undefined ? 'estimate' : 'talk time',
      channel,
      rawSeconds: talked ?? options.constants(touch.kind, channel, workedDay),
      workedAt: touch.at,
      workedDay,
    };
  });
