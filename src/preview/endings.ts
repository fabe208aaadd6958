/** What was begun and has to be ended, the latest first. */
export interface Endings {
  add(end: () => Promise<unknown>): void;
  /** Ends all, once; one that fails keeps none of the others, and the first fault is thrown when all were tried. */
  endAll(): Promise<void>;
}

export const createEndings = (): Endings => {
  const endings: (() => Promise<unknown>)[] = [];
  let ending: Promise<void> | undefined;
  const endAll = async (): Promise<void> => {
    const faults: unknown[] = [];
    for (const end of endings.splice(0).toReversed())
      try {
        await end();
      } catch (error) {
        faults.push(error);
      }
    if (faults.length > 0) throw faults[0];
  };
  return {
    add: (end) => void endings.push(end),
    endAll() {
      ending ??= endAll();
      return ending;
    },
  };
};
