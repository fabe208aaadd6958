import { z } from 'zod';
import { InvalidInput, LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { FieldsRefused, type TicketChange, type Verification } from '../../../src/helpdesks/port.ts';
import { refused } from '../../../src/platform/delivery.ts';
import { createHttp } from '../../../src/platform/http/client.ts';
import { counted, keepingBreaks, proofBreaks } from '../../conformance/breaks.ts';
import type { Harness } from '../conformance.ts';
import {
  adapterWith,
  allOf,
  type Break,
  clientWith,
  deliveryWith,
  historyWith,
  httpWith,
  naive,
  settingsWith,
  ticketWith,
  troubled,
  unbounded,
  type Verify,
  verifyWith,
  walkWith,
} from './breaking.ts';
import { furtherBreaks } from './breaks-further.ts';
import { peopleBreaks } from './breaks-people.ts';

/** For each check of the suite a way to break the memory adapter that it must find. */
export const breaks: Readonly<Record<string, Break>> = {
  'every setting can be asked for: it has a title and a description, and some say which account it is': settingsWith({
    colour: z.string().optional(),
  }),
  ...keepingBreaks<Harness>({ settingsWith, adapterWith }),
  'settings that mean nothing are refused with their names': settingsWith({
    limitShare: z.number().default(1).meta({ title: 'Share', description: 'Part of the limit.' }),
  }),

  'a proven delivery names its ticket': deliveryWith(() => ({ ticketExternalId: null })),
  ...proofBreaks<Harness, Parameters<Verify>[0], Verification>({
    verifyWith,
    adapterWith,
    asksForMore: { urgency: 'now' },
  }),
  'a delivery under the proof of another account is told from noise, so that somebody is told': verifyWith(
    (input, right) => {
      const said = right(input);
      return said.outcome === 'refused' ? refused(said.status, said.reason) : said;
    },
  ),
  'an echo of our own write is ignored, the same by anybody else is not': deliveryWith(() => ({ urgency: 'now' })),

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
  'a solved ticket tells the work of its agents': historyWith(() => ({ touches: [] })),
  'a solved ticket tells the seconds that its agents worked': historyWith(({ work }) => ({
    work: work.map((reading) => ({ ...reading, rawSeconds: reading.rawSeconds * 1000 })),
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
  'a walk ends at the date that it is given': walkWith(
    ({ cursor, since }, client) => client.walkChanges({ cursor, since }) as ReturnType<Parameters<typeof walkWith>[0]>,
  ),
  'a page that repeats itself ends the walk': walkWith(async function* (from, client) {
    for (;;)
      try {
        for await (const page of client.walkChanges(from)) yield page;
      } catch (error) {
        // Whoever begins again takes a list that goes in circles for a disturbance.
        if (!(error instanceof UpstreamError)) throw error;
      }
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
  'tags that are written are not called failed because the fields are closed to us': clientWith((client) => ({
    changeTags: (id, change) =>
      client.changeTags(id, change).catch((error: unknown) => {
        throw error instanceof FieldsRefused ? error.cause : error;
      }),
  })),
  'a person’s choice is told with who and when, what we wrote is not': adapterWith((adapter) => ({
    connect: (settings, deps) => adapter.connect(settings, { ...deps, apiUserId: null }),
  })),
  'where we may not read who chose, nothing says that nobody did': httpWith((options) => {
    const http = createHttp(options);
    return {
      ...http,
      read: (call, schema) =>
        http.read(call, schema).catch((error: unknown) => {
          if (call.path.endsWith('/changes') && error instanceof UpstreamError) return schema.parse({ changes: [] });
          throw error;
        }),
    };
  }),
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

  ...peopleBreaks,
  ...furtherBreaks,
};
