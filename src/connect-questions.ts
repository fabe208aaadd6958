import type { Product } from './compose.ts';
import { type Connected, connectAsked } from './connect.ts';
import { Conflict, faultsOf, InvalidInput, Refused } from './core/errors.ts';
import { type Mode, type SettingField, settingsForm, type TakeFields } from './features/directory/index.ts';
import { adapterOf, type Consent, isReachable, type RemoteExtras, recordsOf, vendorWord } from './remote-setup.ts';
import { type Ask, consentTo } from './terminal.ts';

/** Wrong answers to one question, and wrong credentials, before we give up. */
const mostTries = 5;

type Given = Readonly<Record<string, unknown>>;

/** The answer as the setting's schema takes it; Enter takes what stands in brackets. */
const askField = async (
  ask: Ask,
  say: (text: string) => void,
  { title, about, schema, secret }: Pick<SettingField, 'title' | 'about' | 'schema' | 'secret'>,
  otherwise: string | undefined,
): Promise<string> => {
  if (about !== '') say(`\n${about}`);
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const answer = (await ask(`${title}${otherwise ? ` [${otherwise}]` : ''}: `, { secret })) || (otherwise ?? '');
    const parsed = schema.safeParse(answer === '' ? undefined : answer);
    if (parsed.success) return answer;
    say(`  ${title} ${faultsOf(parsed.error.issues, title)[0]?.reason ?? 'cannot be read'}.`);
  }
  throw new InvalidInput(`No answer could be read as ${title}; nothing was made.`, [
    { field: title, reason: 'not answered' },
  ]);
};

/** Asks for what the kind cannot do without, and for a name; what was answered before stands in brackets, secrets apart. */
const askSettings = async (
  { form, kind, ask, say }: { form: readonly SettingField[]; kind: string; ask: Ask; say: (text: string) => void },
  given: Given,
): Promise<Given> => {
  const answers: Record<string, unknown> = { ...given };
  for (const field of form.filter(({ required, key }) => required && key !== 'name')) {
    const held = answers[field.key];
    answers[field.key] = await askField(ask, say, field, field.secret || held === undefined ? undefined : String(held));
  }
  const account = form.find(({ identifies }) => identifies);
  const suggested = answers.name ?? (account && answers[account.key]) ?? kind;
  const name = form.find(({ key }) => key === 'name');
  if (name) answers.name = await askField(ask, say, name, String(suggested));
  return answers;
};

const planText = (kind: string, lines: readonly string[]): string =>
  `At ${kind} this will be made or changed:\n${lines.map((line) => `  - ${line}`).join('\n')}`;

/**
 * Connects with the settings of a file: shows what would be made before it is made, and waits for a person's yes where there is
 * one to ask. A script, which gave the settings and runs without a terminal, has said what it means. Null where the person says no.
 */
export const connectBySettings = (
  product: Product,
  {
    yes = false,
    ask,
    say,
    ...wanted
  }: RemoteExtras & {
    readonly kind: string;
    readonly settings: unknown;
    readonly mode?: Mode | undefined;
    readonly remoteSetup: boolean;
    readonly yes?: boolean | undefined;
    /** Null: nobody is there. */
    readonly ask: Ask | null;
    readonly say: (text: string) => void;
    readonly actor: string;
  },
): Promise<Connected | null> =>
  connectAsked(
    product,
    { ...wanted, unplanned: true, ...(yes && { takeFields: async () => true }) },
    async ({ notes, lines }) => {
      notes.forEach(say);
      if (lines.length > 0) say(planText(wanted.kind, lines));
      return consentTo('Go on?', { yes: yes || ask === null, ask: ask ?? undefined });
    },
  );

/**
 * Connects by questions: asks for little, proves the credentials, shows what would be made and waits for a yes. Credentials
 * that do not work and names in use are asked for again. Null where the person says no: nothing is made or stored then.
 */
export const connectByQuestions = async (
  product: Product,
  {
    kind,
    mode,
    remoteSetup,
    yes,
    ask,
    say,
    given = {},
    actor,
    ...extras
  }: RemoteExtras & {
    readonly kind: string;
    readonly mode?: Mode | undefined;
    readonly remoteSetup: boolean;
    readonly yes?: boolean | undefined;
    readonly ask: Ask;
    readonly say: (text: string) => void;
    /** Settings that are not asked for. */
    readonly given?: Given;
    readonly actor: string;
  },
): Promise<Connected | null> => {
  const { adapters, config } = product;
  const adapter = adapterOf(product, kind);
  if (!adapter)
    throw new InvalidInput(`"${kind}" is no kind of connection`, [
      {
        field: 'kind',
        reason: `known are ${[...adapters.helpdesks.keys(), ...adapters.stores.keys()].sort().join(', ')}`,
      },
    ]);
  const form = settingsForm(adapter).filter(({ key }) => !(key in given));
  const vendor = vendorWord(product, kind);
  const mayReach = isReachable(product, given);

  const consent: Consent = ({ notes, lines }) => {
    say('');
    notes.forEach(say);
    if (lines.length > 0) say(planText(kind, lines));
    else if (mayReach) say(`At ${kind} nothing will be made or changed.`);
    if (remoteSetup && !mayReach)
      say(
        `No webhook is made: your ${vendor} cannot reach ${config.publicUrl}. ${recordsOf(product, kind)} come by the change feed, minutes late, until PUBLIC_URL is set to an address that the internet reaches and "--remote-setup" makes the webhook.`,
      );
    if (vendor === 'helpdesk' && mode !== 'act')
      say('The connection starts in mode observe: it reads, prices and reports. It writes no tag and asks nobody.');
    return consentTo('Go on?', { yes, ask });
  };

  const takeFields: TakeFields = (lines) => {
    say(`\nIn this account it seems that\n${lines.map((line) => `  - ${line}`).join('\n')}`);
    return consentTo('Use them so?', { yes, ask });
  };

  let answers = given;
  for (let attempt = 1; ; attempt += 1) {
    answers = await askSettings({ form, kind, ask, say }, answers);
    try {
      return await connectAsked(
        product,
        { kind, settings: answers, mode, remoteSetup: remoteSetup && mayReach, takeFields, actor, ...extras },
        consent,
      );
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Conflict) || attempt === mostTries) throw error;
      say(`\n${error.message}\nAsked again; Enter keeps what stands in brackets.`);
    }
  }
};
