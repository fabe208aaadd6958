export interface Drawing {
  /** One SVG path; weeks without a figure are gaps. */
  readonly line: string;
  /** Weeks alone between gaps, which a path would not show, and the latest week. */
  readonly dots: readonly { readonly x: number; readonly y: number }[];
  /** Height of the account's average, 1 x. */
  readonly averageY: number;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** A line through `values` in a box of the given size, the average always in it. */
export const drawingOf = (
  values: readonly (number | null)[],
  { width, height, margin }: { readonly width: number; readonly height: number; readonly margin: number },
): Drawing => {
  const known = values.filter((value) => value !== null);
  const low = Math.min(1, ...known);
  const high = Math.max(1, ...known);
  const step = values.length > 1 ? (width - 2 * margin) / (values.length - 1) : 0;
  const yOf = (value: number): number =>
    round(high === low ? height / 2 : margin + ((high - value) / (high - low)) * (height - 2 * margin));
  const points = values.map((value, at) => (value === null ? null : { x: round(margin + at * step), y: yOf(value) }));
  const line = points
    .map((point, at) => (point ? `${at > 0 && points[at - 1] ? 'L' : 'M'}${point.x} ${point.y}` : ''))
    .join('');
  const lastAt = points.findLastIndex((point) => point !== null);
  const dots = points.flatMap((point, at) =>
    point && (at === lastAt || !(points[at - 1] || points[at + 1])) ? [point] : [],
  );
  return { line, dots, averageY: yOf(1) };
};
