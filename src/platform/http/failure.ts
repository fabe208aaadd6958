import { AppError, LimitReached, UpstreamError } from '../../core/errors.ts';
import { notConnected } from './exchange.ts';
import { retryAfterMs } from './retry.ts';

/** Error codes of a connection that never stood: the request cannot have taken effect. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  notConnected,
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

const adviceFor = (status: number): string => {
  if (status === 401 || status === 403) return 'See that the credentials of the connection are right and may do this.';
  if (status === 404 || status === 410) return 'It does not exist there, or the credentials may not see it.';
  if (status >= 300 && status < 400) return 'Redirects are not followed; correct the address of the connection.';
  if (status >= 500) return 'The vendor is disturbed; it is tried again.';
  return 'The vendor does not take this request.';
};

const changes = (method: string): boolean => method !== 'GET';

/** Whatever a call threw has its reason somewhere along `cause`. */
const causes = function* (error: unknown): Generator<unknown> {
  let at = error;
  for (let depth = 0; depth < 8 && at !== undefined && at !== null; depth++) {
    yield at;
    at =
      at instanceof AggregateError && at.errors.length > 0 ? at.errors[0] : at instanceof Error ? at.cause : undefined;
  }
};

const codeOf = (error: unknown): string | undefined => {
  for (const at of causes(error))
    if (at instanceof Error && 'code' in at && typeof at.code === 'string') return at.code;
  return undefined;
};

export const failureOf = {
  /** An answer that is no success. */
  status(
    name: string,
    method: string,
    response: { readonly status: number; readonly headers: Headers },
    now: Date,
  ): AppError {
    const { status } = response;
    const waitMs = retryAfterMs(response.headers, now);
    if (status === 429 || (status === 503 && waitMs !== null))
      return new LimitReached(`${name} answered ${status}: the quota is used up; try again later`, waitMs ?? 1000);
    return new UpstreamError(`${name} answered ${status}. ${adviceFor(status)}`, {
      status,
      retryable: status >= 500 || status === 408 || status === 425,
      // A gateway's word says nothing of what the vendor behind it did.
      inDoubt: changes(method) && (status === 502 || status === 504),
    });
  },
  /** A 404 or 410 that is not the vendor's own: a proxy, a login page, an account that moved. Of a thing it says nothing. */
  oddAbsence: (name: string, method: string, status: number): UpstreamError =>
    new UpstreamError(
      `${name} answered ${status}, but not in the words of the vendor's API. See whether a proxy or a moved account answers in its place; it is tried again.`,
      { status, retryable: true, inDoubt: changes(method) },
    ),
  /** No answer; errors that are ours already pass through. */
  network(name: string, method: string, error: unknown): AppError {
    for (const at of causes(error)) if (at instanceof AppError) return at;
    const timedOut = [...causes(error)].some((at) => at instanceof Error && at.name === 'TimeoutError');
    const code = codeOf(error);
    const why = timedOut ? 'did not answer in time' : `could not be reached (${code ?? 'network error'})`;
    return new UpstreamError(
      `${name} ${why}. See that the vendor is up and that this machine can reach it.`,
      { retryable: true, inDoubt: changes(method) && !neverSent.has(code ?? '') },
      { cause: error },
    );
  },
};
