import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { code as currencyOf } from 'currency-codes';
import { z } from 'zod';
import { AppError, type InputFault, InvalidInput } from './core/errors.ts';
import { speakOurWords } from './core/fault-words.ts';
import { makeDataFolder } from './platform/data-folder.ts';
import { logLevels } from './platform/log.ts';

const secret = Symbol('secret');

interface Entry<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  /** One line for README and .env.example. */
  readonly about: string;
  /** The default as a person reads it. */
  readonly otherwise: string;
  /** Secret: never printed. Address: printed without its credentials. */
  readonly print?: typeof secret | 'address';
}

const entry = <Schema extends z.ZodType>(
  schema: Schema,
  about: string,
  otherwise: string,
  print?: Entry['print'],
): Entry<Schema> => ({
  schema,
  about,
  otherwise,
  ...(print && { print }),
});

const urlOf = (protocols: readonly string[], what: string) =>
  z.string().refine((text) => protocols.includes(URL.parse(text)?.protocol ?? ''), `must be ${what}`);

const port = (otherwise: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must be 0 to 65535')
    .max(65_535, 'must be 0 to 65535')
    .default(otherwise);

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // An offset is no name, and PostgreSQL reads "+02:00" the other way round.
    return !/^[+-]/.test(name);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

/** Every setting there is, in the order of the README. */
export const entries = {
  DATABASE_URL: entry(
    urlOf(['postgres:', 'postgresql:'], 'a URL such as postgres://user:password@host:5432/deskledger').optional(),
    'PostgreSQL 14 or newer.',
    'a private server in DATA_DIR',
    'address',
  ),
  REDIS_URL: entry(
    urlOf(['redis:', 'rediss:'], 'a URL such as redis://host:6379/0').optional(),
    'Redis for the queue, one database number for one installation.',
    'the queue is on PostgreSQL',
    'address',
  ),
  DATA_DIR: entry(z.string().default('./data'), 'Folder for everything kept in files.', '`./data`'),
  HOST: entry(
    z
      .string()
      .regex(/^[\w.:-]+$/, 'must be a host name or an IP address')
      .default('127.0.0.1'),
    'Address to listen on.',
    '`127.0.0.1`',
  ),
  PORT: entry(port(3900), 'Port to listen on.', '`3900`'),
  WORKER_PORT: entry(
    port(3901),
    'Port on which a process with the worker role alone answers `/healthz`, `/readyz` and `/metrics`; `0` for none.',
    '`3901`',
  ),
  PUBLIC_URL: entry(
    urlOf(['http:', 'https:'], 'a URL such as https://deskledger.example.com').optional(),
    'Where helpdesks, customers and people reach this server.',
    '`http://HOST:PORT`',
  ),
  SECRET_KEY: entry(
    z.string().min(32, 'must have at least 32 characters; make one with: openssl rand -base64 32').optional(),
    'Encrypts stored secrets and addresses; keep it with the backups. At least 32 characters.',
    'generated into DATA_DIR without DATABASE_URL, else required',
    secret,
  ),
  SMTP_URL: entry(
    urlOf(['smtp:', 'smtps:'], 'a URL such as smtps://user:password@host:465').optional(),
    'Server that sends the mails.',
    'mails are files in DATA_DIR/outbox',
    'address',
  ),
  MAIL_FROM: entry(
    z
      .string()
      .regex(/^[^\r\n]*[^\s<>@]+@[^\s<>@]+>?$/, 'must be an address such as Support <support@example.com>')
      .default('Deskledger <no-reply@localhost>'),
    'Sender of the mails.',
    '`Deskledger <no-reply@localhost>`',
  ),
  REPORTING_CURRENCY: entry(
    z
      .string()
      .refine(
        (text) => currencyOf(text) !== undefined && text === text.toUpperCase(),
        'must be an ISO 4217 code such as EUR',
      )
      .default('USD'),
    'Currency of all reports (ISO 4217); fixed at the first start.',
    '`USD`',
  ),
  REPORTING_TIMEZONE: entry(
    z.string().refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin').default('UTC'),
    'Time zone whose days the reports count in (IANA); fixed at the first start.',
    '`UTC`',
  ),
  FX_URL: entry(
    z
      .literal('off')
      .or(urlOf(['http:', 'https:'], 'a URL, or off'))
      .default('https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist-90d.xml'),
    'Where exchange rates come from, in an ECB format; `off` fetches none.',
    "the ECB's",
    'address',
  ),
  ALLOW_PRIVATE_UPSTREAMS: entry(
    z.enum(['true', 'false'], 'must be true or false').default('false'),
    "Lets connections lead to private and loopback addresses and to hosts other than the vendor's.",
    '`false`',
  ),
  LOG_LEVEL: entry(
    z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
    'How much is logged.',
    '`info`',
  ),
} as const;

type Name = keyof typeof entries;
const names = Object.keys(entries) as Name[];

const schema = z.object(
  Object.fromEntries(names.map((name) => [name, entries[name].schema])) as {
    [N in Name]: (typeof entries)[N]['schema'];
  },
);
type Values = z.output<typeof schema>;

/** The settings of this process. Absent: the database or the queue is ours, mails are files, exchange rates are off. */
export interface Config {
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** Absolute. */
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** Of a process with the worker role alone; 0: it listens nowhere. */
  readonly workerPort: number;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** Undefined in embedded mode until `ensureSecretKey` gives it. */
  readonly secretKey: string | undefined;
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string;
  readonly reportingCurrency: string;
  readonly reportingTimezone: string;
  readonly fxUrl: string | undefined;
  readonly allowPrivateUpstreams: boolean;
  readonly logLevel: Values['LOG_LEVEL'];
}

/**
 * The one reading of the environment, with which every process begins: its faults and all later ones are in our own words.
 * Throws InvalidInput that lists every bad value at once.
 */
export const loadConfig = (env: Readonly<Record<string, string | undefined>> = process.env): Config => {
  speakOurWords();
  // An empty variable is one that is not set, as .env files and compose files write it.
  const given = Object.fromEntries(names.map((name) => [name, env[name]?.trim() || undefined]));
  const parsed = schema.safeParse(given);
  const faults: InputFault[] = (parsed.error?.issues ?? []).map(({ path, message }) => ({
    field: path.join('.'),
    reason: message,
  }));
  if (given.DATABASE_URL !== undefined && given.SECRET_KEY === undefined)
    faults.push({
      field: 'SECRET_KEY',
      reason: 'is required with DATABASE_URL; make one with: openssl rand -base64 32',
    });
  if (!parsed.success || faults.length > 0)
    throw new InvalidInput(
      `The environment has ${faults.length === 1 ? 'a bad value' : `${faults.length} bad values`}: ` +
        `${faults.map(({ field, reason }) => `${field} ${reason}`).join('; ')}. README.md lists all settings.`,
      faults,
    );
  const values = parsed.data;
  const host = isIP(values.HOST) === 6 ? `[${values.HOST}]` : values.HOST;
  return {
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    dataDir: resolve(values.DATA_DIR),
    host: values.HOST,
    port: values.PORT,
    workerPort: values.WORKER_PORT,
    publicUrl: (values.PUBLIC_URL ?? `http://${host}:${values.PORT}`).replace(/\/+$/, ''),
    secretKey: values.SECRET_KEY,
    smtpUrl: values.SMTP_URL,
    mailFrom: values.MAIL_FROM,
    reportingCurrency: values.REPORTING_CURRENCY,
    reportingTimezone: values.REPORTING_TIMEZONE,
    fxUrl: values.FX_URL === 'off' ? undefined : values.FX_URL,
    allowPrivateUpstreams: values.ALLOW_PRIVATE_UPSTREAMS === 'true',
    logLevel: values.LOG_LEVEL,
  };
};

const camel = (name: string): string =>
  name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const withoutCredentials = (text: string): string => {
  const url = URL.parse(text);
  if (!url) return '(unreadable)';
  if (url.username) url.username = '***';
  if (url.password) url.password = '***';
  if (url.search) url.search = '?***';
  return url.href;
};

/** The settings as they may be printed and logged: by their names in the environment, secrets and credentials blanked. */
export const redacted = (config: Config): Record<string, string> =>
  Object.fromEntries(
    names.map((name) => {
      const value: unknown = config[camel(name) as keyof Config];
      const { print } = entries[name] as Entry;
      if (value === undefined) return [name, name === 'FX_URL' ? 'off' : '(not set)'];
      if (print === secret) return [name, '***'];
      return [name, print === 'address' ? withoutCredentials(String(value)) : String(value)];
    }),
  );

/**
 * SECRET_KEY, or in embedded mode the key kept in DATA_DIR/secret.key, which the first process makes (mode 0600). Of several
 * that start together one wins and all use its key.
 */
export const ensureSecretKey = async ({ secretKey, databaseUrl, dataDir }: Config): Promise<string> => {
  if (secretKey !== undefined) return secretKey;
  if (databaseUrl !== undefined)
    throw new InvalidInput('SECRET_KEY is required with DATABASE_URL; make one with: openssl rand -base64 32');
  const file = join(dataDir, 'secret.key');
  const known = await keyIn(file);
  if (known !== null) return known;
  await makeDataFolder(dataDir);
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    // A link appears whole or not at all, and never replaces another's.
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(draft);
  }
  const made = await keyIn(file);
  if (made === null) throw new AppError('unavailable', `${file} went away while it was made; start again`);
  return made;
};

const keyIn = async (file: string): Promise<string | null> => {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  if (text.length < 32)
    throw new AppError(
      'unavailable',
      `${file} holds no key of 32 characters or more; restore it from a backup, for stored secrets need it`,
    );
  return text;
};
