import { LimitReached, Refused, UpstreamError } from '../core/errors.ts';
import type { Finding } from './port.ts';

/** Nothing is to be done. */
export const fine = (topic: Finding['topic'], text: string): Finding => ({ topic, level: 'ok', text, next: null });

/** What a question to the account found; that it was refused or disturbed is a finding too, `next` what to do then. */
export const answered = async (
  { topic, what, next }: { readonly topic: Finding['topic']; readonly what: string; readonly next: string },
  question: () => Promise<Finding[]>,
): Promise<Finding[]> => {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof UpstreamError || error instanceof Refused || error instanceof LimitReached)) throw error;
    return [{ topic, level: 'warn', text: `${what} could not be read. ${error.message}`, next }];
  }
};
