import { AppError } from '../core/errors.ts';
import { explain, untilSignal } from '../main.ts';
import { createLog } from '../platform/log.ts';
import { startPreview } from './index.ts';

// npm run app:preview [-- --drop-downs]

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const ended = new AbortController();
const cut = (): void => ended.abort(new AppError('unavailable', 'Ended before it was ready; nothing is left of it.'));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, cut);

try {
  const preview = await startPreview({
    signal: ended.signal,
    dropDowns: process.argv.includes('--drop-downs'),
    log: createLog({ level: 'warn', destination: { write: (line) => process.stderr.write(line) } }),
    onStep: (text) => say(`${text} ...`),
  });
  say(
    `\nThe sidebar app in a simulated Agent Workspace: ${preview.url()}\nCtrl-C ends it and leaves nothing behind.\n`,
  );
  const until = untilSignal(preview);
  if (ended.signal.aborted) await preview.stop();
  else await until;
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
