import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { createHttp } from '../../src/platform/http/client.ts';
import type { Headers, RemoteOf, VerificationOf } from '../../src/platform/vendor.ts';
import { signatureOf } from '../helpdesks/memory/deliveries.ts';
import type { ProofHarness } from './proofs.ts';

/** A harness whose adapter does one thing wrong. */
type BreakOf<Harness> = (harness: Harness) => Harness;

/** What an adapter in memory is handed with a delivery. */
interface Received {
  readonly settings: object;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly now: Date;
}

export const secretsOf = ({ settings }: Pick<Received, 'settings'>): readonly string[] =>
  (settings as { readonly webhookSecrets: readonly string[] }).webhookSecrets;

/** For each check of proofs a way to break an adapter in memory that it must find. */
export const proofBreaks = <
  Harness extends ProofHarness,
  Input extends Received,
  Said extends VerificationOf<{ readonly deliveryKey: string }>,
>({
  verifyWith,
  adapterWith,
  asksForMore,
}: {
  readonly verifyWith: (
    alter: (input: Input, right: (input: Input) => Said, read: (input: Input) => Said) => Said,
  ) => BreakOf<Harness>;
  readonly adapterWith: (part: (adapter: Harness['adapter']) => object) => BreakOf<Harness>;
  /** What a delivery says of which nothing is to be asked, and is. */
  readonly asksForMore: object;
}): Readonly<Record<string, BreakOf<Harness>>> => {
  const deliveryWith = (alter: (input: Input) => object): BreakOf<Harness> =>
    verifyWith((input, right) => {
      const said = right(input);
      return said.outcome === 'verified' ? { ...said, delivery: { ...said.delivery, ...alter(input) } } : said;
    });
  return {
    'a wrong or missing proof is refused': verifyWith((input, _, read) => read(input)),
    'a truncated or lengthened proof is refused': verifyWith((input, right, read) => {
      const { 'x-signature': presented = '', 'x-sent-at': sent = '' } = input.headers;
      const whole = createHmac('sha256', secretsOf(input)[0] ?? '')
        .update(sent)
        .update(input.body)
        .digest('hex');
      return presented !== '' && whole.startsWith(presented) ? read(input) : right(input);
    }),
    'a stale delivery and one from the future are refused, a late retry is not': verifyWith((input, right) =>
      right({ ...input, now: new Date(input.headers['x-sent-at'] ?? '') }),
    ),
    'during a rotation both secrets hold, after it the new one alone': verifyWith((input, right) =>
      right({ ...input, settings: { ...input.settings, webhookSecrets: secretsOf(input).slice(0, 1) } }),
    ),
    'without a secret, and with an empty one, nothing is accepted': verifyWith((input, right, read) =>
      secretsOf(input).length === 0 ? read(input) : right(input),
    ),
    'an altered body is refused': (harness) => ({
      ...verifyWith((input, right, read) => {
        const said = right({ ...input, body: Buffer.alloc(0) });
        return said.outcome === 'refused' ? said : read(input);
      })(harness),
      sign: (_: string, secret: string, at: Date) => signatureOf('', secret, at),
    }),
    'the key of a delivery is the same at each retry and differs between events': deliveryWith(({ now }) => ({
      deliveryKey: `key-${now.getTime()}`,
    })),
    'an event that concerns nothing of ours is verified and asks for nothing': deliveryWith(() => asksForMore),
    'what is proven and cannot be read is kept under a key of its own bytes': verifyWith((input, right) => {
      const said = right(input);
      return said.outcome === 'unreadable' ? { ...said, deliveryKey: 'unreadable' } : said;
    }),
    'what a stranger sends is refused and never throws': verifyWith((input, right) => {
      if (input.headers['x-signature']?.includes('é')) throw new TypeError('no such letter');
      return right(input);
    }),
    'a delivery is read again from the headers that are kept, of which none is secret': adapterWith(
      ({ keptHeaders }) => ({ keptHeaders: [...keptHeaders, 'x-signature'] }),
    ),
    'what is said of a delivery holds no secret and no words of it': verifyWith((input, right) => {
      const said = right(input);
      return said.outcome === 'refused' ? { ...said, reason: `${said.reason} ${input.body}` } : said;
    }),
    'a delivery of our own proves the address and asks for nothing': adapterWith(() => ({
      selfTest: () => ({ headers: {}, body: '{}' }),
    })),
  };
};

/** Likewise for what is kept of settings. */
export const keepingBreaks = <Harness extends ProofHarness>({
  settingsWith,
  adapterWith,
}: {
  readonly settingsWith: (shape: z.ZodRawShape) => BreakOf<Harness>;
  readonly adapterWith: (part: (adapter: Harness['adapter']) => object) => BreakOf<Harness>;
}): Readonly<Record<string, BreakOf<Harness>>> => ({
  'settings are stored as they were read, and read again the same': settingsWith({
    apiKey: z
      .string()
      .transform((key) => `${key}!`)
      .meta({ title: 'API key', description: 'The key of the API.' }),
  }),
  'every secret among the settings is encrypted at rest': adapterWith(() => ({ secretKeys: ['webhookSecrets'] })),
});

let counter = 0;
/** Another number each time. */
export const counted = (): number => {
  counter += 1;
  return counter;
};

/** Likewise for the webhooks made at the vendor. */
export const webhookBreaks = <Harness>(
  remoteWith: (
    alter: (remote: RemoteOf<{ readonly webhookUrl: string }>) => Partial<RemoteOf<{ readonly webhookUrl: string }>>,
  ) => BreakOf<Harness>,
): Readonly<Record<string, BreakOf<Harness>>> => ({
  'what would be made is told first, and nothing is written for that': remoteWith((remote) => ({
    plan: async (wish) => (await remote.make(wish)).objects.map(({ name }) => name),
  })),
  'making twice is making once': remoteWith((remote) => ({
    async make({ webhookUrl }) {
      await remote.make({ webhookUrl: `${webhookUrl}-${counted()}` });
      return remote.make({ webhookUrl });
    },
  })),
  'a webhook that is gone or switched off is seen, and mended': remoteWith(() => ({
    check: async () => ({ state: 'fine' }),
  })),
  'a webhook whose secret we do not hold is seen': remoteWith((remote) => ({
    async check(wish) {
      const found = await remote.check(wish);
      return found.state === 'changed' ? { state: 'fine' } : found;
    },
  })),
  'what we made is taken away again, exactly that, and twice is no error': remoteWith(() => ({
    remove: async () => undefined,
  })),
});

/** A client as a first draft has it: follows redirects, believes every answer, gives up at the first trouble. */
export const naiveHttp: typeof createHttp = ({ baseUrl, headers, observe }) => {
  const request = async ({ path }: { readonly path: string }) => {
    const response = await fetch(`${baseUrl}${path}`, { headers });
    observe?.({ method: 'GET', path, status: null, seconds: 0 });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
  };
  return {
    request,
    read: async (call, schema) => schema.parse((await request(call)).body) as z.output<typeof schema>,
  };
};
