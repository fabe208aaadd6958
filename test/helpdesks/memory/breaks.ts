import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { InvalidInput, LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import type { TicketChange, Verification } from '../../../src/helpdesks/port.ts';
import { createHttp } from '../../../src/platform/http/client.ts';
import {
  adapterWith,
  allOf,
  type Break,
  clientWith,
  counted,
  deliveryWith,
  httpWith,
  naive,
  secretsOf,
  settingsWith,
  ticketWith,
  troubled,
  unbounded,
  verifyWith,
  walkWith,
  withSecretsOf,
} from './breaking.ts';
import { furtherBreaks } from './breaks-further.ts';
import { signatureOf } from './deliveries.ts';

/** For each check of the suite a way to break the memory adapter that it must find. */
export const breaks: Readonly<Record<string, Break>> = {
  'every setting can be asked for: it has a title and a description, and some say which account it is': settingsWith({
    colour: z.string().optional(),
  }),
  'settings are stored as they were read, and read again the same': settingsWith({
    apiKey: z
      .string()
      .transform((key) => `${key}!`)
      .meta({ title: 'API key', description: 'The key of the API.' }),
  }),
  'every secret among the settings is encrypted at rest': adapterWith(() => ({ secretKeys: ['webhookSecrets'] })),
  'settings that mean nothing are refused with their names': settingsWith({
    limitShare: z.number().default(1).meta({ title: 'Share', description: 'Part of the limit.' }),
  }),

  'a delivery with a good signature names its ticket': deliveryWith(() => ({ ticketExternalId: null })),
  'a wrong or missing signature is refused': verifyWith((input, _, read) => read(input)),
  'a truncated or lengthened signature is refused': verifyWith((input, right, read) => {
    const { 'x-signature': presented = '', 'x-sent-at': sent = '' } = input.headers;
    const [secret = ''] = secretsOf(input);
    const whole = createHmac('sha256', secret).update(sent).update(input.body).digest('hex');
    return presented !== '' && whole.startsWith(presented) ? read(input) : right(input);
  }),
  'a stale delivery and one from the future are refused, a late retry is not': verifyWith((input, right) =>
    right({ ...input, now: new Date(input.headers['x-sent-at'] ?? '') }),
  ),
  'during a rotation both secrets hold, after it the new one alone': verifyWith((input, right) =>
    right(withSecretsOf(input, secretsOf(input).slice(0, 1))),
  ),
  'without a secret, and with an empty one, nothing is accepted': verifyWith((input, right, read) =>
    secretsOf(input).length === 0 ? read(input) : right(input),
  ),
  'an altered body is refused': (harness) => ({
    ...verifyWith((input, right, read) => {
      const said = right({ ...input, body: Buffer.alloc(0) });
      return said.outcome === 'refused' ? said : read(input);
    })(harness),
    sign: (_, secret, at) => signatureOf('', secret, at),
  }),
  'the key of a delivery is the same at each retry and differs between events': deliveryWith((_, { now }) => ({
    deliveryKey: `key-${now.getTime()}`,
  })),
  'an event that concerns no ticket is verified and ignored': deliveryWith(() => ({ urgency: 'now' })),
  'an echo of our own write is ignored, the same by anybody else is not': deliveryWith(() => ({ urgency: 'now' })),
  'a signed body that cannot be read is kept under a key of its own bytes': verifyWith((input, right) => {
    const said = right(input);
    return said.outcome === 'unreadable' ? { ...said, deliveryKey: 'unreadable' } : said;
  }),
  'what a stranger sends is refused and never throws': verifyWith((input, right) => {
    if (input.headers['x-signature']?.includes('é')) throw new TypeError('no such letter');
    return right(input);
  }),
  'a delivery is read again from the headers that are kept, of which none is secret': adapterWith((adapter) => ({
    readDelivery: (input) => ({ ...adapter.readDelivery(input), deliveryKey: 'another' }) as Verification,
  })),
  'what is said of a delivery holds no secret and no words of it': verifyWith((input, right) => {
    const said = right(input);
    return said.outcome === 'refused' ? { ...said, reason: `${said.reason} ${input.body}` } : said;
  }),
  'a delivery of our own proves the address and concerns no ticket': adapterWith(() => ({
    selfTest: () => ({ headers: {}, body: '{}' }),
  })),

  'verify tells who we are': clientWith(() => ({
    verify: async () => ({ apiUserId: 'somebody', accountName: 'loom' }),
  })),
  'wrong credentials are refused, with what to do next': clientWith((client) => ({
    verify: () =>
      client.verify().catch((error: unknown) => {
        throw error instanceof Refused ? error.cause : error;
      }),
  })),
  'a ticket is told as its customer made it': ticketWith(() => ({ firstMessage: null })),
  'the history comes when asked for: always, never, or once the ticket is solved': clientWith((client) => ({
    pullTickets: (wanted) => client.pullTickets(wanted.map((one) => ({ ...one, withHistory: 'yes' }))),
  })),
  'a solved ticket tells the work of its agents': ticketWith(({ history }) => ({
    history: history && { ...history, work: [...history.work, ...history.work] },
  })),
  'of many tickets in one pull each comes once, and what is not there is missing': clientWith((client) => ({
    pullTickets: async (wanted) => ({ ...(await client.pullTickets(wanted)), missing: [] }),
  })),
  'the same answer gives the same ticket': ticketWith(({ tags }) => ({ tags: [...tags, `read_${counted()}`] })),
  'values that the vendor invents tomorrow are taken': ticketWith(({ channel }) => {
    if (channel === 'api') throw new TypeError('no such channel');
    return {};
  }),
  'fields that are null or missing cost no ticket': ticketWith(({ requester }) => ({
    requester: { ...requester, email: (requester as { email: string }).email.toLowerCase() },
  })),
  'no secret, address or word leaves in an error, a metric, a log or a URL': clientWith((client) => ({
    changeTags: (id, change) =>
      client.changeTags(id, change).catch((error: unknown) => {
        throw new Error('tagging failed for kim.larsson@example.com', { cause: error });
      }),
  })),

  'Retry-After is obeyed': httpWith((options) =>
    createHttp({ ...options, budget: unbounded, clock: { ...options.clock, sleep: async () => undefined } }),
  ),
  'a quota that stays used up ends in LimitReached, after few tries': httpWith((options) =>
    createHttp({ ...options, retries: 40 }),
  ),
  'a long Retry-After is handed to the caller, who waits better': clientWith((client, { clock }) => ({
    verify: () =>
      client.verify().catch(async (error: unknown) => {
        if (!(error instanceof LimitReached)) throw error;
        await clock.sleep(error.retryAfterMs);
        return client.verify();
      }),
  })),
  'our share of the limit that answers tell is never exceeded': httpWith((options) =>
    createHttp({ ...options, budget: unbounded }),
  ),
  'a lot larger than the quota gets further at each pull': clientWith((client) => ({
    async pullTickets(wanted) {
      const pulled = await client.pullTickets(wanted);
      if (pulled.notBegun) throw new LimitReached('all of it is for another time', 1000);
      return pulled;
    },
  })),
  'where others used the limit up we wait': httpWith((options) => createHttp({ ...options, budget: unbounded })),
  ...Object.fromEntries(troubled.map((what) => [`${what} is an UpstreamError and no crash`, naive])),
  'a helpdesk that does not answer is left in time': httpWith((options) =>
    createHttp({ ...options, timeoutMs: 3_600_000 }),
  ),
  'what the helpdesk understood and refuses is not tried again': clientWith((client) => ({
    pullTickets: (wanted) => client.pullTickets(wanted).catch(() => client.pullTickets(wanted)),
  })),
  'a redirect is not followed: it would carry the credentials away': naive,
  'a private address is refused unless that is allowed': adapterWith((adapter) => ({
    connect: (settings, deps) => adapter.connect(settings, { ...deps, allowPrivate: true }),
  })),

  'a walk tells every ticket to the end of the feed': walkWith(async function* (from, client) {
    for await (const page of client.walkChanges(from)) return yield page;
  }),
  'a walk goes on from any cursor it gave': walkWith(async function* (from, client) {
    // The cursor runs a page ahead of what was told.
    let changed: readonly TicketChange[] = [];
    for await (const page of client.walkChanges(from)) {
      yield { changed, cursor: page.cursor };
      changed = page.changed;
    }
    yield { changed, cursor: null };
  }),
  'tickets that change while they are walked are told, now or by the next walk': walkWith(async function* (
    { since },
    client,
  ) {
    // Pages by number over a list whose rows move.
    for (let from = 0; ; from += 5) {
      const page = (await allOf(client, since)).slice(from, from + 5);
      if (page.length === 0) return;
      yield { changed: page, cursor: String(from) };
    }
  }),
  'a walk leaves out what is older than asked for': walkWith(
    (from, client) => client.walkChanges({ ...from, since: new Date(0) }) as ReturnType<Parameters<typeof walkWith>[0]>,
  ),
  'a page that repeats itself ends the walk': walkWith(async function* (from, client) {
    for (;;) for await (const page of client.walkChanges(from)) yield page;
  }),
  'an empty account is walked in no time': walkWith(async function* (from, client) {
    for (let time = 0; time < 5; time += 1) yield* client.walkChanges(from);
  }),

  'tags are added beside those of others, and doing it twice is doing it once': clientWith((client) => ({
    changeTags: (id, { add, remove }) => client.changeTags(id, { add, remove: [...remove, 'vip'] }),
  })),
  'tags are taken away alone, and what is not there is no error': clientWith((client) => ({
    changeTags: (id, { add, remove }) =>
      client.changeTags(id, { add, remove: remove.length > 0 ? [...remove, 'region_se'] : [] }),
  })),
  'a tag that somebody adds in the same moment stays': clientWith((client) => ({
    async changeTags(id, { add, remove }) {
      // What a call does that replaces all tags by those read before.
      const tagsNow = async () =>
        (await client.pullTickets([{ externalId: id, withHistory: 'no' }])).tickets[0]?.tags ?? [];
      const before = await tagsNow();
      await client.changeTags(id, { add, remove });
      const strange = (await tagsNow()).filter((tag) => ![...before, ...add].includes(tag));
      if (strange.length > 0) await client.changeTags(id, { add: [], remove: strange });
    },
  })),
  'an empty answer to a write is a success': httpWith((options) => {
    const http = createHttp(options);
    return {
      ...http,
      async request(call) {
        const answer = await http.request(call);
        if (answer.body === null) throw new UpstreamError('nothing was answered', { retryable: false });
        return answer;
      },
    };
  }),
  'a ticket that is gone is told as such': clientWith((client) => ({
    changeTags: (id, change) => client.changeTags(id, change).catch(() => undefined),
  })),
  'a tag that the helpdesk would change is not written': clientWith((client) => ({
    changeTags: (id, change) =>
      client.changeTags(id, change).catch((error: unknown) => {
        if (!(error instanceof InvalidInput)) throw error;
        return client.changeTags(id, { ...change, add: ['partner_nord'] });
      }),
  })),
  'mapped fields say what our tags say': adapterWith((adapter) => ({
    connect: (settings, deps) => adapter.connect({ ...settings, partnerFieldId: undefined }, deps),
  })),
  'a person’s choice is told with who and when, what we wrote is not': adapterWith((adapter) => ({
    connect: (settings, deps) => adapter.connect(settings, { ...deps, apiUserId: null }),
  })),
  'without any mapped field tickets are read and tagged all the same': adapterWith((adapter) => ({
    connect: (settings, deps) => {
      if (settings.orderNumberFieldId === undefined) throw new TypeError('no field of the order number');
      return adapter.connect(settings, deps);
    },
  })),
  'many tickets are tagged at once where the helpdesk can': clientWith((client) => ({
    changeTagsOfMany: async (changes) => {
      await client.changeTagsOfMany?.(changes);
      return { refused: [] };
    },
  })),

  ...furtherBreaks,
};
