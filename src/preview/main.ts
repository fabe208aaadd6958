import { explain, untilSignal } from '../main.ts';
import { createLog } from '../platform/log.ts';
import { startPreview } from './index.ts';

// npm run app:preview

const say = (text: string): void => void process.stdout.write(`${text}\n`);

try {
  const preview = await startPreview({
    log: createLog({ level: 'warn', destination: { write: (line) => process.stderr.write(line) } }),
    onStep: (text) => say(`${text} ...`),
  });
  say(
    `\nThe sidebar app in a simulated Agent Workspace: ${preview.url()}\nCtrl-C ends it and leaves nothing behind.\n`,
  );
  await untilSignal(preview);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
