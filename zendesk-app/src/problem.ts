/** Why our service gave no answer. The first three are for an admin to mend. */
export type Problem = 'noAddress' | 'refused' | 'notOurs' | 'busy' | 'unreachable' | 'unexpected' | 'outside';

const misconfigured: ReadonlySet<Problem> = new Set(['noAddress', 'refused', 'notOurs']);

/** True where trying again is of no use before an admin has changed something. */
export const isMisconfigured = (problem: Problem): boolean => misconfigured.has(problem);

/** The app could not get what it asked of our service. */
export class ServiceFault extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem);
    this.name = 'ServiceFault';
    this.problem = problem;
  }
}

const typeStart = 'urn:deskledger:problem:';
const known: Readonly<Record<string, Problem>> = {
  unauthorized: 'refused',
  not_found: 'notOurs',
  limit: 'busy',
  unavailable: 'unreachable',
  unexpected: 'unexpected',
  invalid_input: 'unexpected',
};

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const parsed = (text: unknown): unknown => {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // A page of some proxy: nothing of ours can be read from it.
    return undefined;
  }
};

/** What a failed `client.request` means: it rejects with the shape of a jqXHR, whose body may be our problem details. */
export const problemOf = (error: unknown): Problem => {
  if (error instanceof ServiceFault) return error.problem;
  const status = Number(fieldOf(error, 'status') ?? 0);
  const body = fieldOf(error, 'responseJSON') ?? parsed(fieldOf(error, 'responseText'));
  const type = fieldOf(body, 'type');
  if (typeof type === 'string' && type.startsWith(typeStart))
    return known[type.slice(typeStart.length)] ?? 'unexpected';
  if (status === 401 || status === 403) return 'refused';
  if (status === 429) return 'busy';
  // Neither our words nor a server that is down: the proxy refuses the host, or another server answers.
  if (status >= 400 && status < 500) return 'notOurs';
  return 'unreachable';
};

/** The service's address as an admin may write it, without a trailing slash; null where it is none. */
export const serviceAddress = (setting: unknown): string | null => {
  if (typeof setting !== 'string' || setting.trim() === '') return null;
  const text = setting.trim();
  try {
    const url = new URL(/^https?:\/\//i.test(text) ? text : `https://${text}`);
    return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  } catch {
    // Not an address: the same as none, and told so to the admin.
    return null;
  }
};
