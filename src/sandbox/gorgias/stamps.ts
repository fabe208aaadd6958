/** "2026-03-05T09:00:00.217481+00:00": microseconds and an offset. The microseconds follow from the milliseconds: equal instants read equal. */
export const stampOf = (atMs: number): string =>
  `${new Date(atMs).toISOString().slice(0, -1)}${String((atMs * 7919 + 481) % 1000).padStart(3, '0')}+00:00`;

export const stampOrNull = (atMs: number | null): string | null => (atMs === null ? null : stampOf(atMs));

/** An instant with any offset, to the millisecond; without one it is UTC. Null where it is no instant. */
export const instantOf = (text: unknown): number | null => {
  if (typeof text !== 'string') return null;
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`;
  const atMs = Date.parse(zoned);
  return Number.isNaN(atMs) ? null : atMs;
};
