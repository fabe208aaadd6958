import { execFileSync, type SpawnOptions } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The user a private PostgreSQL server runs as; null where that is ourselves. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

const idOf = (flag: '-u' | '-g'): number =>
  Number.parseInt(
    execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    10,
  );

/** PostgreSQL refuses to run as root: then it runs as user postgres, who is created where absent. */
export const serverAccount = (): ServerAccount | null => {
  if (process.getuid?.() !== 0) return null;
  try {
    return { uid: idOf('-u'), gid: idOf('-g') };
  } catch {
    execFileSync('groupadd', ['--system', '--force', 'postgres']);
    execFileSync('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']);
    return { uid: idOf('-u'), gid: idOf('-g') };
  }
};

/** Whether everyone may walk down to `path`. */
const isReachable = async (path: string): Promise<boolean> => {
  const folder = dirname(path);
  if (((await stat(folder)).mode & 0o001) === 0) return false;
  return folder === dirname(folder) || isReachable(folder);
};

/** Nothing of ours: the server needs none of our secrets. */
const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };

interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
}

/**
 * How to run a server program over a data folder as `account`. Where the account cannot walk to one of them (a checkout under
 * /root), the program keeps the one capability that lets it; access(2) heeds it only with no_setuid_fixup, and only a
 * program that every user can reach (sh) can be started before it is in effect.
 */
export const commandAs = async (
  account: ServerAccount | null,
  program: string,
  args: readonly string[],
  dataFolder: string,
): Promise<ServerCommand> => {
  if (!account) return { file: program, args, options: { env } };
  if ((await isReachable(program)) && (await isReachable(dataFolder)))
    return { file: program, args, options: { ...account, env, cwd: '/' } };
  const drop = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  const keep = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'];
  return {
    file: 'setpriv',
    args: [...drop, ...keep, '/bin/sh', '-c', 'exec "$@"', 'sh', program, ...args],
    options: { env, cwd: '/' },
  };
};
