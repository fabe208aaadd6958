import { AppError } from '../../core/errors.ts';

/**
 * SQLSTATE classes in which the server or the way to it failed and not the statement: 08 connection, 40 rollback (deadlock),
 * 53 resources (disk full), 57 operator intervention (shutdown), 58 system (I/O).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const troubleState = /^(?:08|40|53|57|58)[0-9A-Z]{3}$/;

/** What the machine says where no connection comes about, or one breaks. */
const lostConnection = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** A server's socket that is not there; a file that is not there is no trouble of the storage. */
const isSocketGone = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === 'ENOENT' &&
  'syscall' in error &&
  error.syscall === 'connect';

/** True where the storage failed, whatever was to be stored: the same work may succeed later. */
export const isStorageTrouble = (error: unknown): boolean => {
  if (error instanceof AppError) return error.code === 'unavailable';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && (troubleState.test(code) || lostConnection.has(code) || isSocketGone(error));
};

/** pg tells a broken connection, and a pool without a free one, by a plain Error without a code. */
export const named = (error: unknown): unknown =>
  error instanceof Error && error.constructor === Error && !('code' in error)
    ? new AppError('unavailable', 'The connection to PostgreSQL broke or none was free; see that it runs', {
        cause: error,
      })
    : error;
