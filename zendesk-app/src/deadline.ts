export interface Deadlines {
  nowMs(): number;
  after(ms: number, act: () => void): () => void;
}

/** The answer, or the fault once it has been waited for long enough. */
export const within = <Answer>(
  clock: Deadlines,
  ms: number,
  asked: Promise<Answer>,
  fault: () => Error,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(fault()));
    asked.then(resolve, reject).finally(cancel);
  });
