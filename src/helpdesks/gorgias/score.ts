import { UpstreamError } from '../../core/errors.ts';
import { ifThere } from '../absence.ts';
import type { Score } from '../port.ts';
import type { GorgiasClient } from './client.ts';
import { requesterOf } from './ticket.ts';

/** Marks surveys that we wrote: others are the customer's own answer to Gorgias, which stands. */
const source = 'deskledger';

/**
 * Records a customer's answer as the ticket's satisfaction survey. A ticket has one at most: what Gorgias made unasked and the
 * customer left unanswered is filled in, an answer to it stays (https://developers.gorgias.com/reference/the-satisfactionsurvey-object).
 */
export const createScoreWriter = (client: Pick<GorgiasClient, 'ticket' | 'survey' | 'makeSurvey' | 'changeSurvey'>) => {
  const write = async (ticketId: string, score: Score, firstTry: boolean): Promise<void> => {
    const ticket = await client.ticket(ticketId);
    const named = ticket.satisfaction_survey;
    const held = named ? await ifThere(client.survey(named.id)) : null;
    const ours = held?.meta?.source === source;
    if (
      held &&
      typeof held.score === 'number' &&
      (!ours || (held.meta?.key === score.key && held.score === score.score))
    )
      return;
    const survey = {
      ticket_id: Number(ticketId),
      // The customer may have been merged into another since.
      customer_id: Number(held?.customer_id ?? requesterOf(ticket)?.id ?? score.requesterId),
      score: score.score,
      body_text: held?.body_text ?? null,
      sent_datetime: score.sentAt.toISOString(),
      scored_datetime: score.answeredAt.toISOString(),
      // Null: Gorgias does not send it.
      should_send_datetime: null,
      meta: { ...held?.meta, source, key: score.key, lang: score.language },
    };
    if (held) {
      await client.changeSurvey(held.id, survey);
      return;
    }
    try {
      await client.makeSurvey(survey);
    } catch (error) {
      // Gorgias made one in the meantime, or an earlier try of ours got through.
      const exists = error instanceof UpstreamError && (error.status === 400 || error.status === 409);
      if (!exists || !firstTry) throw error;
      await write(ticketId, score, false);
    }
  };
  return (ticketId: string, score: Score): Promise<void> => write(ticketId, score, true);
};
