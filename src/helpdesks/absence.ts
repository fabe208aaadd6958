import { UpstreamError } from '../core/errors.ts';
import { isObject } from '../platform/http/body.ts';
import type { Http } from '../platform/http/client.ts';

/** True where the vendor says that a thing does not exist, or no more; a 404 that may be tried again came from something between. */
export const isGone = (error: unknown): boolean =>
  error instanceof UpstreamError && !error.retryable && (error.status === 404 || error.status === 410);

/** Null where the vendor says that what is read does not exist. */
export const ifThere = async <Result>(reading: Promise<Result>): Promise<Result | null> => {
  try {
    return await reading;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
};

/** A JSON object that tells an error, as the APIs of vendors do; a proxy's page is none, nor is an empty answer. */
export const isErrorBody = (body: unknown): boolean =>
  isObject(body) && ['error', 'errors', 'message', 'msg'].some((name) => name in body);

/** All calls take a 404 for an absence only where its body says so. */
export const heeding = (http: Http, saysGone: (body: unknown) => boolean): Http => ({
  request: (call) => http.request({ saysGone, ...call }),
  read: (call, schema) => http.read({ saysGone, ...call }, schema),
});

/**
 * Where a pull found nothing but absences, the account itself is asked: an API that answers 404 to everything, in whatever
 * words, has lost no ticket. Throws what the account answered, as something that may be tried again.
 */
export const proveAccount = async (ask: () => Promise<unknown>): Promise<void> => {
  try {
    await ask();
  } catch (error) {
    if (!isGone(error)) throw error;
    throw new UpstreamError(
      'The helpdesk answers 404 for tickets and for the account itself: see that the address of the connection is still right.',
      { status: (error as UpstreamError).status, retryable: true },
      { cause: error },
    );
  }
};
