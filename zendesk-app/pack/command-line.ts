import { parseArgs } from 'node:util';

export const usage = `Usage: node zendesk-app/pack/main.ts COMMAND

  build [OPTIONS]              build the app into zendesk-app/dist/app
  package [OPTIONS]            build, validate and zip it
  validate [FOLDER]            hold a folder against Zendesk's rules for packages; without one the built app
  folder                       print where the app lies as built for looking at it

  --service ADDRESS            your PUBLIC_URL, e.g. https://desk.example.com: the one server that the app may ask
  --email ADDRESS              the author's in the manifest, where admins find whom to ask about the app
  -h, --help                   print this

By npm: npm run app:package -- --service https://desk.example.com`;

const commands = ['build', 'validate', 'package', 'folder'] as const;
type Command = (typeof commands)[number];

/** What was typed cannot be done; the message is one sentence or two, for a person. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault';
}

export interface Work {
  readonly command: Command;
  /** Only `validate` takes one. */
  readonly folder: string | null;
  readonly service: URL | null;
  /** The author's, in the place of the manifest's placeholder. */
  readonly email: string | null;
}

const example = 'https://desk.example.com';

/** Hosts that mean this machine or its own network wherever they are asked for. */
const reserved = [
  /^localhost$|\.(?:localhost|local|internal|lan|home|corp|test|invalid|home\.arpa)$|^[^.:]+$/,
  /^(?:0|10|127)(?:\.\d+){3}$|^192\.168(?:\.\d+){2}$|^169\.254(?:\.\d+){2}$|^172\.(?:1[6-9]|2\d|3[01])(?:\.\d+){2}$/,
  /^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])(?:\.\d+){2}$|^(?:22[4-9]|2[345]\d)(?:\.\d+){3}$/,
  // Of IPv6 only 2000::/3 is public.
  /^\[(?![23][\da-f]{3}:)/,
] as const;

/** The address that Zendesk's proxy shall ask; it goes into the package, which many may read. */
const serviceOf = (text: string): URL => {
  if (/^[\w.-]+\.\w[\w.-]*(?::\d+)?(?:\/|$)|^localhost\b/.test(text))
    throw new UsageFault(`--service ${text} lacks its start: write --service https://${text}`);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.username !== '' || url.password !== ''))
    throw new UsageFault('The address of --service holds a user or a password: leave them out, for all can read them.');
  if (url?.protocol === 'http:')
    throw new UsageFault(
      `--service ${text} is not https, and what agents are shown would go through the internet in clear: put the server behind an https address such as ${example}`,
    );
  if (url?.protocol !== 'https:')
    throw new UsageFault(`What --service names is no https address: write one as ${example}`);
  if (url.search !== '' || url.hash !== '')
    throw new UsageFault(`--service ${text} holds more than an address: leave out what begins with ? or #`);
  if (reserved.some((pattern) => pattern.test(url.hostname.replace(/\.$/, ''))))
    throw new UsageFault(
      `Zendesk's servers cannot reach ${url.hostname}, which leads to this machine or its own network alone: give an address that is open to the internet, such as ${example}; npm run app:preview needs none`,
    );
  return url;
};

const emailOf = (text: string): string => {
  if (!/^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/.test(text))
    throw new UsageFault(`--email ${text} is no e-mail address: write one as you@example.com`);
  return text;
};

const isCommand = (text: string): text is Command => (commands as readonly string[]).includes(text);

/** Throws UsageFault. */
export const workOf = (args: readonly string[]): Work | 'help' => {
  const { tokens } = parseArgs({
    args: [...args],
    options: { service: { type: 'string' }, email: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = tokens.filter((token) => token.kind === 'option');
  const stray = given.find(({ name }) => !['service', 'email', 'help'].includes(name));
  if (stray) throw new UsageFault(`There is no option ${stray.rawName}: use --service, --email or --help.`);
  if (given.some(({ name }) => name === 'help')) return 'help';

  const [command, folder, ...more] = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  if (command === undefined) throw new UsageFault(`Say what to do: ${commands.join(', ')}; --help tells of each.`);
  if (!isCommand(command))
    throw new UsageFault(`There is no command ${command}: use ${commands.join(', ')}; --help tells of each.`);
  const surplus = command === 'validate' ? more[0] : folder;
  if (surplus !== undefined)
    throw new UsageFault(
      `${command} takes no "${surplus}"; an option by npm stands after --, as in npm run app:package -- --service ${example}`,
    );
  const [service, email] = ['service', 'email'].map((wanted) => given.find(({ name }) => name === wanted));
  const misplaced = service ?? email;
  if (misplaced && command !== 'build' && command !== 'package')
    throw new UsageFault(`${command} takes no ${misplaced.rawName}: it goes with build and package.`);
  if (service && !service.value) throw new UsageFault(`--service needs an address: write --service ${example}`);
  if (email && !email.value) throw new UsageFault('--email needs an address: write --email you@example.com');
  return {
    command,
    folder: folder ?? null,
    service: service?.value ? serviceOf(service.value) : null,
    email: email?.value ? emailOf(email.value) : null,
  };
};

/** What is allowed to be packed and may not work. */
export const warningsOf = ({ href, hostname, port, pathname }: URL): string[] => [
  ...(pathname === '/'
    ? []
    : [
        `The app will ask ${href.replace(/\/+$/, '')}/sidebar/v1: that is right only where PUBLIC_URL has the same path, and a proxy before the server takes the path away. Else package it again with ${new URL(href).origin}.`,
      ]),
  ...(port === ''
    ? []
    : [
        `domainWhitelist holds hosts without ports, so ${hostname} alone stands there, and no document says that Zendesk's proxy asks port ${port}: where the app shows that the server does not answer, serve it at port 443.`,
      ]),
];
