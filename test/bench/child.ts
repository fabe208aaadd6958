import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface Asked {
  readonly id: number;
  readonly what: string;
  readonly input: unknown;
}
interface Answered {
  readonly id: number;
  readonly output?: unknown;
  readonly error?: string;
}

/** A process of its own that answers questions: what loads and what is loaded share no event loop. */
export interface Child {
  ask<Output>(what: string, input?: unknown): Promise<Output>;
  end(): Promise<void>;
}

export const startChild = (file: string): Child => {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
    execArgv: ['--expose-gc'],
  });
  const waiting = new Map<number, { resolve(output: unknown): void; reject(error: Error): void }>();
  const exited = once(child, 'exit');
  let asked = 0;
  child.on('message', ({ id, output, error }: Answered) => {
    const question = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) question?.resolve(output);
    else question?.reject(new Error(`${file}: ${error}`));
  });
  child.once('exit', (code) => {
    for (const question of waiting.values()) question.reject(new Error(`${file} ended with code ${code}`));
  });
  return {
    ask: <Output>(what: string, input?: unknown) =>
      new Promise<Output>((resolve, reject) => {
        asked += 1;
        waiting.set(asked, { resolve: resolve as (output: unknown) => void, reject });
        child.send({ id: asked, what, input });
      }),
    async end() {
      if (child.exitCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
};

/** The child's side: one function per question. */
export const answerParent = (answers: Readonly<Record<string, (input: never) => unknown>>): void => {
  process.on('message', async ({ id, what, input }: Asked) => {
    const reply: Answered = await Promise.resolve()
      .then(() => answers[what]?.(input as never))
      .then(
        (output) => ({ id, output }),
        (error: unknown) => ({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
    process.send?.(reply);
  });
  process.on('disconnect', () => process.exit());
};
