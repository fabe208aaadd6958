import { faultsOf, type InputFault } from './fault-words.ts';

export { faultsOf, type InputFault };

/** Why something could not be done. Closed: the two translations (HTTP, job outcome) cover every member. */
export type ErrorCode =
  | 'invalid_input'
  | 'unauthorized'
  | 'refused'
  | 'not_found'
  | 'conflict'
  | 'upstream'
  | 'limit'
  | 'too_large'
  | 'unavailable';

/** An expected failure. The message tells a person what is wrong and what to do next, and never holds personal data or a secret. */
export class AppError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

export class InvalidInput extends AppError {
  readonly faults: readonly InputFault[];
  constructor(message: string, faults: readonly InputFault[] = [], options?: ErrorOptions) {
    super('invalid_input', message, options);
    this.faults = faults;
  }
}

export class Refused extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('refused', message, options);
  }
}

export class NotFound extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('not_found', message, options);
  }
}

export class Conflict extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('conflict', message, options);
  }
}

/** A vendor did not do what we asked. `status` is its HTTP status, absent when no answer came. */
export class UpstreamError extends AppError {
  readonly status: number | undefined;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;
  /** True when the request may have taken effect although no answer came. */
  readonly inDoubt: boolean;
  constructor(
    message: string,
    detail: { status?: number | undefined; retryable: boolean; inDoubt?: boolean },
    options?: ErrorOptions,
  ) {
    super('upstream', message, options);
    this.status = detail.status;
    this.retryable = detail.retryable;
    this.inDoubt = detail.inDoubt ?? false;
  }
}

/** A quota is used up; try again after `retryAfterMs`. */
export class LimitReached extends AppError {
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    super('limit', message, options);
    this.retryAfterMs = retryAfterMs;
  }
}
