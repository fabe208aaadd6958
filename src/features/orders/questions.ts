import pLimit from 'p-limit';
import { AppError, UpstreamError } from '../../core/errors.ts';
import type { Log } from '../../platform/log.ts';

/** One question to one store, and the tickets that wait for its answer. */
export interface Question<Answer> {
  readonly ticketIds: readonly bigint[];
  ask(): Promise<Answer>;
  /** Told what the store answered; `null`: it refuses this very question, and will again. */
  answered(answer: Answer | null): void;
}

const atOnce = 4;

/** Statuses that say: this address or number can be none. Credentials, quotas and outages say nothing of the question. */
const refusals: ReadonlySet<number | undefined> = new Set([400, 414, 422]);

/** The fault lies in this question or in the one answer to it: asking again would bring the same. */
const isAnswer = (error: AppError): boolean =>
  error instanceof UpstreamError && !error.retryable && (error.status === undefined || refusals.has(error.status));

/**
 * Puts questions to one store, a few at a time. After one that was not answered the rest are left for later. Returns the
 * tickets whose questions were not answered: they are no worse than others, and are to come again.
 */
export const putQuestions = async <Answer>(
  log: Log,
  connectionId: number,
  questions: readonly Question<Answer>[],
): Promise<Set<bigint>> => {
  const limit = pLimit(atOnce);
  const unanswered = new Set<bigint>();
  let isAway = false;
  const put = async (question: Question<Answer>): Promise<void> => {
    try {
      if (!isAway) return question.answered(await question.ask());
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const line = { step: 'look up orders', connection: connectionId, err: error };
      if (isAnswer(error)) {
        log.warn(line, 'the store refuses a question, which counts as answered');
        return question.answered(null);
      }
      if (!isAway) log.error(line, 'the store does not answer; tickets are decided by our own copy and come again');
      isAway = true;
    }
    for (const id of question.ticketIds) unanswered.add(id);
  };
  await Promise.all(questions.map((question) => limit(put, question)));
  return unanswered;
};
