import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { UsageFault, usage, warningsOf, workOf } from '../../../zendesk-app/pack/command-line.ts';
import { zipNameOf } from '../../../zendesk-app/pack/zip.ts';

const run = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['zendesk-app/pack/main.ts', ...args], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

const faultOf = (...args: string[]): string => {
  try {
    workOf(args);
  } catch (error) {
    if (error instanceof UsageFault) return error.message;
    throw error;
  }
  return '';
};

test('what is asked for is read', () => {
  expect(workOf(['package', '--service', 'https://desk.example.com', '--email', 'mia@example.com'])).toEqual({
    command: 'package',
    folder: null,
    service: new URL('https://desk.example.com/'),
    email: 'mia@example.com',
  });
  expect(workOf(['validate', 'some/folder'])).toEqual({
    command: 'validate',
    folder: 'some/folder',
    service: null,
    email: null,
  });
  for (const args of [['--help'], ['package', '-h'], ['nonsense', '--help']]) expect(workOf(args)).toBe('help');
});

test.each([
  [
    ['package', '--servic', 'https://desk.example.com'],
    'There is no option --servic: use --service, --email or --help.',
  ],
  [['package', '-x'], 'There is no option -x'],
  [[], 'Say what to do: build, validate, package, folder'],
  [['pakage'], 'There is no command pakage'],
  [['package', '--service'], '--service needs an address'],
  [['package', '--service='], '--service needs an address'],
  [['package', '--service', 'desk.example.com'], 'write --service https://desk.example.com'],
  [['package', '--service', 'localhost:3000'], 'write --service https://localhost:3000'],
  [['package', '--service', 'desk.example.com:8443/x'], 'write --service https://desk.example.com:8443/x'],
  [['package', '--service', 'http://desk.example.com'], 'is not https'],
  [['package', '--service', 'ftp://desk.example.com'], 'is no https address'],
  [['package', '--service', 'https://'], 'is no https address'],
  [['validate', 'a', 'b'], 'validate takes no "b"'],
  [['validate', '--service', 'https://desk.example.com'], 'validate takes no --service'],
  [['package', '--email', 'mia'], '--email mia is no e-mail address'],
  [['package', '--email='], '--email needs an address'],
  [['folder', '--email', 'mia@example.com'], 'folder takes no --email'],
])('%j is told in words', (args, says) => {
  expect(faultOf(...args)).toContain(says);
});

test('an option that npm kept to itself is not taken for a package without a server', () => {
  expect(faultOf('package', 'https://desk.example.com')).toContain('npm run app:package -- --service');
});

test('a password in the address is refused, and not repeated', () => {
  const address = 'mia:hunter2@desk.example.com';
  expect(faultOf('package', '--service', `https://${address}`)).toContain('a user or a password');
  for (const start of ['', 'http://', 'https://'])
    expect(faultOf('package', '--service', `${start}${address}`)).toMatch(/^(?!.*(?:mia|hunter2))./);
});

test.each([
  'localhost',
  'localhost.',
  'a.localhost',
  'nas.local',
  'desk',
  '127.0.0.1',
  '10.1.2.3',
  '172.20.0.1',
  '192.168.1.5',
  '169.254.1.1',
  '100.64.0.1',
  '[::1]',
  '[fe80::1]',
  '[fd00::1]',
])('bug: %s was packed, which Zendesk can never reach', (host) => {
  expect(faultOf('package', '--service', `https://${host}:8443/desk`)).toMatch(/cannot reach .* open to the internet/);
});

test('an address of the internet is fine; of a port it is said that the whitelist holds hosts', () => {
  for (const host of [
    'desk.example.com',
    'desk.example.com:443',
    '172.32.0.1',
    '11.0.0.1',
    '100.63.0.1',
    '[2001:db8::1]',
  ]) {
    expect(workOf(['package', '--service', `https://${host}`])).toMatchObject({
      service: { hostname: expect.any(String) },
    });
    expect(warningsOf(new URL(`https://${host}/`))).toEqual([]);
  }
  expect(warningsOf(new URL('https://desk.example.com:8443'))).toEqual([expect.stringMatching(/hosts .*port 8443/)]);
});

test('bug: of a path behind the host nothing was said, nor of what follows it', () => {
  expect(warningsOf(new URL('https://desk.example.com/desk/'))).toEqual([
    expect.stringMatching(/ask https:\/\/desk\.example\.com\/desk\/sidebar\/v1: .*PUBLIC_URL/),
  ]);
  for (const more of ['?a=1', '#top'])
    expect(faultOf('package', '--service', `https://desk.example.com/${more}`)).toContain('leave out what begins with');
});

test('bug: a package without a server was written over the one made for a server', () => {
  expect(zipNameOf('1.0.0', new URL('https://desk.example.com'))).toBe('deskledger-1.0.0.zip');
  expect(zipNameOf('1.0.0', null)).toBe('deskledger-1.0.0-unaddressed.zip');
});

test('bug: a slip of the pen printed a stack trace', async () => {
  const [option, bare, folder, help] = await Promise.all([
    run('package', '--servic', 'https://desk.example.com'),
    run('package', '--service', 'desk.example.com'),
    run('validate', 'no/such/folder'),
    run('--help'),
  ]);
  expect(option).toEqual({
    code: 2,
    stdout: '',
    stderr: 'There is no option --servic: use --service, --email or --help.\n',
  });
  expect(bare).toMatchObject({ code: 2, stdout: '', stderr: expect.not.stringMatching(/ at |Error/) });
  expect(folder).toEqual({
    code: 1,
    stdout: '',
    stderr: 'There is no folder no/such/folder: give one that holds a manifest.json.\n',
  });
  expect(help).toEqual({ code: 0, stdout: `${usage}\n`, stderr: '' });
});
