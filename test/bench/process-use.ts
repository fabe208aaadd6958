import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Linux counts processor time in hundredths of a second, whatever the machine. */
const ticksPerSecond = 100;

interface ProcessTimes {
  readonly parent: number;
  readonly own: number;
  /** Of children that ended. */
  readonly ofChildren: number;
}

const timesOf = async (pid: number | string): Promise<ProcessTimes | null> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent = 0, user = 0, system = 0, childUser = 0, childSystem = 0] = [1, 11, 12, 13, 14].map(
    (at) => fields[at],
  );
  return { parent, own: (user + system) / ticksPerSecond, ofChildren: (childUser + childSystem) / ticksPerSecond };
};

/** Processor seconds of a process; null where the system does not tell. It says what work costs however busy the machine is. */
export const cpuSecondsOf = async (pid: number): Promise<number | null> => (await timesOf(pid))?.own ?? null;

/** Resident memory of a process in MB (10^6 bytes); null where the system does not tell. */
export const residentMbOf = async (pid: number): Promise<number | null> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => null);
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1];
  return kib === undefined ? null : (Number(kib) * 1024) / 1e6;
};

/** Processor seconds of the embedded PostgreSQL server of a data folder with all its sessions, those that ended included. */
export const postgresCpuSeconds = async (dataDir: string): Promise<number | null> => {
  const pidFile = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const postmaster = Number.parseInt(pidFile, 10);
  const main = Number.isNaN(postmaster) ? null : await timesOf(postmaster);
  if (!main) return null;
  const all = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(timesOf));
  const sessions = all.flatMap((times) => (times?.parent === postmaster ? [times.own] : []));
  return main.own + main.ofChildren + sessions.reduce((sum, own) => sum + own, 0);
};
