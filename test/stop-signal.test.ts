import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';

const script = `
  import { untilSignal } from './src/main.ts';
  const { setTimeout: pause } = await import('node:timers/promises');
  const hold = setInterval(() => {}, 1000);
  const stopping = untilSignal({ async stop() { console.log('stopping'); await pause(1500); } });
  console.log('ready');
  await stopping;
  clearInterval(hold);
  console.log('stopped');
`;

/** What a process says and how it ends that gets SIGINT, and again after so many milliseconds. */
const interrupted = async (againAfterMs: number) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const saying = (word: string) =>
    new Promise<void>((resolve) => {
      child.stdout.on('data', () => said.includes(word) && resolve());
    });
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const closed = once(child, 'close');
  await saying('ready');
  const stopping = saying('stopping');
  child.kill('SIGINT');
  await stopping;
  await pause(againAfterMs);
  child.kill('SIGINT');
  const [code] = await closed;
  return { code, said: said.trim().split('\n') };
};

test('bug: under npm, which passes Ctrl-C on a second time, the process was cut off and its database left running', async () => {
  expect(await interrupted(20)).toEqual({ code: 0, said: ['ready', 'stopping', 'stopped'] });
});

test('a second signal of a person ends it at once', async () => {
  expect(await interrupted(700)).toEqual({ code: 1, said: ['ready', 'stopping'] });
});
