import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, ensureSecretKey, entries, loadConfig, redacted } from '../src/config.ts';
import { InvalidInput } from '../src/core/errors.ts';

const secretKey = 'an invented key of thirty-two characters or more';

const faultsOf = (env: Record<string, string>): string[] => {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof InvalidInput) return error.faults.map(({ field }) => field);
    throw error;
  }
  return [];
};

describe('loadConfig', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).toEqual({
      databaseUrl: undefined,
      redisUrl: undefined,
      dataDir: join(process.cwd(), 'data'),
      host: '127.0.0.1',
      port: 3900,
      workerPort: 3901,
      publicUrl: 'http://127.0.0.1:3900',
      secretKey: undefined,
      smtpUrl: undefined,
      mailFrom: 'Deskledger <no-reply@localhost>',
      reportingCurrency: 'USD',
      reportingTimezone: 'UTC',
      fxUrl: 'https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist-90d.xml',
      allowPrivateUpstreams: false,
      logLevel: 'info',
    });
  });

  it('reads what is set', () => {
    const config = loadConfig({
      DATABASE_URL: 'postgresql://u:p@db.example:5432/d',
      REDIS_URL: 'rediss://:pw@redis.example/2',
      DATA_DIR: '/var/lib/deskledger',
      HOST: '::1',
      PORT: '8080',
      SECRET_KEY: secretKey,
      SMTP_URL: 'smtps://u:p@mail.example',
      MAIL_FROM: 'Nord <support@nord.example>',
      REPORTING_CURRENCY: 'SEK',
      REPORTING_TIMEZONE: 'Europe/Stockholm',
      FX_URL: 'off',
      ALLOW_PRIVATE_UPSTREAMS: 'true',
      LOG_LEVEL: 'debug',
      UNKNOWN: "is somebody else's",
    });
    expect(config).toMatchObject({
      dataDir: '/var/lib/deskledger',
      port: 8080,
      publicUrl: 'http://[::1]:8080',
      secretKey,
      reportingCurrency: 'SEK',
      fxUrl: undefined,
      allowPrivateUpstreams: true,
    });
    expect(loadConfig({ PUBLIC_URL: 'https://desk.example/base/' }).publicUrl).toBe('https://desk.example/base');
  });

  it('takes an empty value for none', () => {
    expect(loadConfig({ DATABASE_URL: '', PORT: ' ', FX_URL: '' })).toEqual(loadConfig({}));
  });

  it.each<[string, string]>([
    ['DATABASE_URL', 'mysql://db.example/d'],
    ['REDIS_URL', 'redis.example:6379'],
    ['HOST', 'not a host'],
    ['PORT', '70000'],
    ['PORT', 'http'],
    ['PORT', '80.5'],
    ['PUBLIC_URL', 'desk.example'],
    ['SECRET_KEY', 'too short'],
    ['SMTP_URL', 'mail.example'],
    ['MAIL_FROM', 'nobody'],
    ['MAIL_FROM', 'a <a@b.example>\r\nBcc: c@d.example'],
    ['REPORTING_CURRENCY', 'usd'],
    ['REPORTING_CURRENCY', 'XQQ'],
    ['REPORTING_TIMEZONE', 'Mars/Olympus'],
    ['REPORTING_TIMEZONE', '+02:00'],
    ['FX_URL', 'ecb'],
    ['ALLOW_PRIVATE_UPSTREAMS', 'yes'],
    ['LOG_LEVEL', 'loud'],
  ])('refuses %s=%s and names it alone', (name, value) => {
    expect(faultsOf({ SECRET_KEY: secretKey, [name]: value })).toEqual([name]);
  });

  it('lists all bad values at once, without repeating them', () => {
    const env = {
      PORT: 'x1',
      SMTP_URL: 'hunter2',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'postgres://u:hunter3@db.example/d',
    };
    expect(faultsOf(env)).toEqual(
      ['PORT', 'SMTP_URL', 'LOG_LEVEL', 'SECRET_KEY'].toSorted((a, b) => order(a) - order(b)),
    );
    expect(() => loadConfig(env)).toThrow(/PORT.*README\.md/s);
    expect(() => loadConfig(env)).not.toThrow(/hunter/);
  });
  const order = (name: string) => (name === 'SECRET_KEY' ? 99 : Object.keys(entries).indexOf(name));
});

describe('redacted', () => {
  it('prints every setting and no secret', () => {
    const printed = redacted(
      loadConfig({
        DATABASE_URL: 'postgres://user1:hunter2@db.example:5432/d?sslpassword=hunter2',
        REDIS_URL: 'redis://:hunter2@redis.example',
        SMTP_URL: 'smtp://user1:hunter2@mail.example',
        SECRET_KEY: `hunter2 ${secretKey}`,
        FX_URL: 'off',
      }),
    );
    expect(Object.keys(printed)).toEqual(Object.keys(entries));
    expect(JSON.stringify(printed)).not.toMatch(/hunter2|user1|thirty/);
    expect(printed).toMatchObject({ SECRET_KEY: '***', FX_URL: 'off', PORT: '3900', ALLOW_PRIVATE_UPSTREAMS: 'false' });
    expect(printed.DATABASE_URL).toContain('db.example');
    expect(redacted(loadConfig({})).DATABASE_URL).toBe('(not set)');
  });
});

describe('ensureSecretKey', () => {
  let folder: string;
  let config: Config;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'deskledger-key-'));
    config = loadConfig({ DATA_DIR: join(folder, 'data') });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes one key for all that start together, for the owner alone, and keeps it', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => ensureSecretKey(config)));
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]?.length).toBeGreaterThanOrEqual(32);
    const file = join(config.dataDir, 'secret.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8').trim()).toBe(keys[0]);
    expect(await ensureSecretKey(config)).toBe(keys[0]);
  });

  it('prefers the key of the environment', async () => {
    expect(await ensureSecretKey({ ...config, secretKey })).toBe(secretKey);
  });

  it('never makes one for a database that is not ours', async () => {
    await expect(ensureSecretKey({ ...config, databaseUrl: 'postgres://db.example/d' })).rejects.toThrow(InvalidInput);
  });

  it('does not replace a key that was cut short', async () => {
    await ensureSecretKey(config);
    writeFileSync(join(config.dataDir, 'secret.key'), 'cut');
    await expect(ensureSecretKey(config)).rejects.toThrow(/backup/);
  });
});
