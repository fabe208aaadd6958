/** One line of the report. `met` is null where a figure is printed for orientation and has no goal. */
export interface Measure {
  readonly name: string;
  readonly value: string;
  readonly goal: string;
  readonly met: boolean | null;
}

/** The value below which `share` of the sample lies (nearest rank). */
export const quantile = (sample: readonly number[], share: number): number => {
  const sorted = [...sample].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
};

export const median = (sample: readonly number[]): number => quantile(sample, 0.5);

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
export const rounded = (value: number): string => whole.format(value);

export const plain = (name: string, value: string): Measure => ({ name, value, goal: '', met: null });

export const atLeast = (name: string, value: number, goal: number, show: (value: number) => string): Measure => ({
  name,
  value: show(value),
  goal: `>= ${show(goal)}`,
  met: value >= goal,
});

export const atMost = (name: string, value: number, goal: number, show: (value: number) => string): Measure => ({
  name,
  value: show(value),
  goal: `<= ${show(goal)}`,
  met: value <= goal,
});

export const table = (measures: readonly Measure[]): string => {
  const rows = [
    ['measure', 'value', 'goal', 'met'],
    ...measures.map(({ name, value, goal, met }) => [name, value, goal, met === null ? '' : met ? 'yes' : 'NO']),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n');
};
