import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** What the checks of any adapter need of its harness. */
export interface CommonHarness {
  readonly adapter: { readonly kind: string };
  /** What it does not have. All else has to be there, and what is named has to be absent. */
  readonly lacks: readonly string[];
  /** A folder with `deliveries/*.json`. */
  readonly fixtures: URL;
}

/** One thing that every adapter keeps; it throws where one does not. */
export interface CheckOf<Harness, Optional extends string = string> {
  readonly name: string;
  /** What it speaks of: an adapter whose harness says that it lacks this is not held to it. */
  readonly needs?: Optional;
  readonly run: (harness: Harness) => void | Promise<void>;
}

/** Whether a check needs what the harness says to be lacking. */
export const isSpared = ({ needs }: { readonly needs?: string }, { lacks }: Pick<CommonHarness, 'lacks'>): boolean =>
  needs !== undefined && lacks.includes(needs);

/** Holds an adapter to all of it, save what it lacks: that it does is a test of its own, and none is skipped. */
export const hold = <Harness extends CommonHarness, Optional extends string>(
  families: Readonly<Record<string, readonly CheckOf<Harness, Optional>[]>>,
  harness: Harness,
  isLacking: (harness: Harness, what: Optional) => Promise<boolean>,
): void => {
  describe.each(Object.entries(families))(`${harness.adapter.kind}: %s`, (_, checks) => {
    for (const check of checks) if (!isSpared(check, harness)) it(check.name, () => check.run(harness));
    const spared = checks.filter((check) => isSpared(check, harness));
    if (spared.length > 0)
      it(`is not held to: ${spared.map(({ name, needs }) => `${name} (it lacks ${needs})`).join('; ')}`, async () => {
        for (const what of new Set(spared.flatMap(({ needs }) => needs ?? [])))
          expect(await isLacking(harness, what), what).toBe(true);
      });
  });
};

/** What a check needs of an adapter: where it is absent, and the harness does not say so, the check fails. */
export const present = <Member>(member: Member | undefined, what: string): Member => {
  if (member === undefined) throw new Error(`there is no ${what}, and the harness does not say that it is lacking`);
  return member;
};

/** The samples of the harness by the names of their files. */
export const deliveriesOf = ({ fixtures }: CommonHarness): ReadonlyMap<string, string> => {
  const folder = new URL('deliveries/', fixtures);
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name.replace('.json', ''), readFileSync(new URL(name, folder), 'utf8').trim()]));
};

/** What a promise throws; an error where it does not. */
export const thrownBy = async (work: Promise<unknown>): Promise<unknown> => {
  let result: unknown;
  try {
    result = await work;
  } catch (error) {
    return error;
  }
  throw new Error(`nothing was thrown, but answered ${JSON.stringify(result)}`);
};
