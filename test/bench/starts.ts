import { setTimeout as wait } from 'node:timers/promises';
import { atMost, type Measure, median, plain } from './measures.ts';
import { residentMbOf } from './process-use.ts';
import { freePort, startServer, temporaryFolder } from './server-process.ts';

const rounds = 5;
const idleMs = 5000;

const seconds = (value: number): string => `${value.toFixed(2)} s`;
const megabytes = (value: number): string => `${value.toFixed(0)} MB`;

/** From the start of the process to /readyz, on an empty folder and on the same folder again, and its memory when idle. */
export const measureStarts = async (): Promise<Measure[]> => {
  const empty: number[] = [];
  const full: number[] = [];
  const resident: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const folder = await temporaryFolder();
    try {
      const installation = { dataDir: folder.path, port: await freePort() };
      const first = await startServer(installation);
      empty.push(first.readyMs / 1000);
      await first.stop();
      const again = await startServer(installation);
      full.push(again.readyMs / 1000);
      if (round > rounds - 3) {
        await wait(idleMs);
        const held = await residentMbOf(again.pid);
        if (held !== null) resident.push(held);
      }
      await again.stop();
    } finally {
      await folder.remove();
    }
  }
  return [
    atMost(`start to /readyz, empty folder (median of ${rounds})`, median(empty), 4, seconds),
    atMost(`start to /readyz, full folder (median of ${rounds})`, median(full), 2, seconds),
    resident.length > 0
      ? atMost(`memory ${idleMs / 1000} s after start, web and worker (median of 3)`, median(resident), 250, megabytes)
      : plain('memory after start', 'unknown on this system'),
  ];
};
