import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where a file takes a minute rather than a second: days of the whole product are simulated, or its program runs many times. */
const longest = [/^test\/simulation\//, /^test\/preview\//, /^test\/[^/]+\.test\.ts$/];

/**
 * Starts the files that run longest first: begun last, one of them would run alone when all else is done. Vitest itself
 * goes by size until it has seen how long a file takes, and in a fresh checkout it has seen nothing.
 */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const path = relative(this.ctx.config.root, moduleId);
      const rank = longest.findIndex((where) => where.test(path));
      return rank < 0 ? longest.length : rank;
    };
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
