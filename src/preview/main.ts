import { parseArgs } from 'node:util';
import { AppError } from '../core/errors.ts';
import { explain, onStopSignal } from '../main.ts';
import { createLog } from '../platform/log.ts';
import { startPreview } from './index.ts';

// npm run app:preview [-- --drop-downs]

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const ended = new AbortController();
const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
onStopSignal(() => {
  ended.abort(new AppError('unavailable', 'Ended before it was ready; nothing is left of it.'));
  ask();
});

try {
  const { values } = parseArgs({ options: { 'drop-downs': { type: 'boolean', default: false } } });
  const preview = await startPreview({
    signal: ended.signal,
    dropDowns: values['drop-downs'],
    log: createLog({ level: 'warn', destination: { write: (line) => process.stderr.write(line) } }),
    onStep: (text) => say(`${text} ...`),
  });
  say(
    `\nThe sidebar app in a simulated Agent Workspace: ${preview.url()}\nCtrl-C ends it and leaves nothing behind.\n`,
  );
  await asked;
  await preview.stop();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
