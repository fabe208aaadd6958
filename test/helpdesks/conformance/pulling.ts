import { inspect } from 'node:util';
import { expect, vi } from 'vitest';
import { AppError, Refused } from '../../../src/core/errors.ts';
import { channels } from '../../../src/helpdesks/port.ts';
import { thrownBy } from '../../conformance/check.ts';
import { secret } from '../../conformance/proofs.ts';
import type { Answer } from '../../conformance/upstream.ts';
import { type Check, kim, openTicket, pullOne, solvedTicket, type World, withDesk } from './check.ts';

const statuses = ['new', 'open', 'pending', 'hold', 'solved', 'closed', 'deleted'];
/** Every object in the JSON of an answer, altered; what is no JSON stays. */
const inAnswer =
  (alter: (object: Record<string, unknown>) => void) =>
  (answer: Answer): Answer => {
    if (answer.body === '' || !answer.headers['content-type']?.includes('json')) return answer;
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const inner of Object.values(value)) visit(inner);
      if (!Array.isArray(value)) alter(value as Record<string, unknown>);
    };
    const json: unknown = JSON.parse(answer.body);
    visit(json);
    return { ...answer, body: JSON.stringify(json) };
  };

/** What must stand nowhere outside of memory. */
const privateWords = ({ desk, upstream }: World): string[] => [
  kim.email,
  kim.subject,
  kim.text,
  encodeURIComponent(kim.email),
  secret,
  ...Object.entries(desk.settings).flatMap(([key, value]) =>
    /token|secret|apiKey|password/i.test(key) && !/fieldId$/i.test(key) ? [String(value)] : [],
  ),
  ...upstream.seen.flatMap(({ headers }) => headers.authorization?.split(' ').slice(1) ?? []),
];

export const pullingChecks: readonly Check[] = [
  withDesk('verify tells who we are', async ({ client, desk }) => {
    const { apiUserId, accountName } = await client().verify();
    expect(apiUserId).toBe(desk.apiUserId);
    expect(accountName.length).toBeGreaterThan(0);
  }),
  withDesk('wrong credentials are refused, with what to do next', async (world) => {
    const { client, desk, upstream } = world;
    for (const status of [200, 401, 403]) {
      upstream.before = () => (status === 200 ? 'pass' : { status, body: '{"error":"no"}' });
      const error = await thrownBy(client(status === 200 ? desk.wrongCredentials : {}).verify());
      expect(error).toBeInstanceOf(Refused);
      expect(String(error)).toMatch(/check|use|write|see|set/i);
    }
  }),
  withDesk('a ticket is told as its customer made it', async (world) => {
    const id = await openTicket(world);
    const ticket = await pullOne(world.client(), id, 'no');
    expect(ticket).toMatchObject({
      externalId: id,
      subject: kim.subject,
      firstMessage: kim.text,
      requester: { email: kim.email },
      tags: [...kim.tags],
      mergedIntoExternalId: null,
      frozen: false,
    });
    expect(['new', 'open']).toContain(ticket.status);
    expect(channels).toContain(ticket.channel);
    expect(ticket.createdAt).toBeInstanceOf(Date);
    expect(ticket.updatedAt >= ticket.createdAt).toBe(true);
  }),
  withDesk('the history comes when asked for: always, never, or once the ticket is solved', async (world) => {
    const [open, done] = [await openTicket(world), await solvedTicket(world)];
    const client = world.client();
    expect((await pullOne(client, open, 'yes')).history).toBeDefined();
    expect((await pullOne(client, open, 'no')).history).toBeUndefined();
    expect((await pullOne(client, open, 'if solved')).history).toBeUndefined();
    expect((await pullOne(client, done, 'if solved')).history).toBeDefined();
  }),
  withDesk('a solved ticket tells the work of its agents', async (world) => {
    const ticket = await pullOne(world.client(), await solvedTicket(world));
    expect(['solved', 'closed']).toContain(ticket.status);
    const { work = [], touches = [], solvedAt = null } = ticket.history ?? {};
    expect(solvedAt).toBeInstanceOf(Date);
    // Where no clock ran they are what cost is estimated from. Some helpdesks solve a ticket by one more.
    expect(touches.filter(({ kind }) => kind === 'public_reply').length).toBeGreaterThan(0);
    const keys = [...work, ...touches].map(({ sourceKey }) => sourceKey);
    expect(new Set(keys).size).toBe(keys.length);
  }),
  withDesk(
    'a solved ticket tells the seconds that its agents worked',
    async (world, { adapter }) => {
      expect(adapter.clock).toBeUndefined();
      const { work = [], closing } = (await pullOne(world.client(), await solvedTicket(world))).history ?? {};
      const seconds = closing ? closing.totalSeconds : work.reduce((sum, { rawSeconds }) => sum + rawSeconds, 0);
      expect(seconds).toBe(300);
      const workers = closing ? closing.workers : work.filter(({ agentId }) => agentId !== null);
      expect(workers.length).toBeGreaterThan(0);
    },
    'clock',
  ),
  withDesk('of many tickets in one pull each comes once, and what is not there is missing', async (world) => {
    const { desk, client } = world;
    const ids = Array.from({ length: 12 }, () => desk.open(kim));
    const asked = [...ids, desk.absentId, ids[0] ?? ''].map((externalId) => ({
      externalId,
      withHistory: 'no' as const,
    }));
    const { tickets, missing } = await client().pullTickets(asked);
    expect(tickets.map(({ externalId }) => externalId).toSorted()).toEqual(ids.toSorted());
    expect(missing).toEqual([desk.absentId]);
  }),
  withDesk('the same answer gives the same ticket', async (world) => {
    const id = await solvedTicket(world);
    const client = world.client();
    const first = await pullOne(client, id);
    expect(await pullOne(client, id)).toEqual(first);
    expect(await pullOne(world.client(), id)).toEqual(first);
  }),
  withDesk('values that the vendor invents tomorrow are taken', async (world, { enums }) => {
    const id = await solvedTicket(world);
    const seen = new Set<string>();
    for (const name of enums) {
      world.upstream.after = inAnswer((object) => {
        if (typeof object[name] !== 'string') return;
        seen.add(name);
        object[name] = 'brand_new_value';
      });
      const ticket = await pullOne(world.client(), id);
      expect(statuses).toContain(ticket.status);
      expect(channels).toContain(ticket.channel);
    }
    expect(enums.length).toBeGreaterThan(0);
    expect(enums.filter((name) => !seen.has(name))).toEqual([]);
  }),
  withDesk('fields that are null or missing cost no ticket', async (world, { indispensable }) => {
    const id = await solvedTicket(world);
    const names = new Set<string>();
    world.upstream.after = inAnswer((object) => {
      for (const name of Object.keys(object)) names.add(name);
    });
    const whole = await pullOne(world.client(), id);
    const lost: string[] = [];
    const needed = new Set<string>();
    for (const name of [...names])
      for (const how of ['null', 'missing']) {
        world.upstream.after = inAnswer((object) => {
          if (!(name in object)) return;
          if (how === 'null') object[name] = null;
          else delete object[name];
        });
        const result = await pullOne(world.client(), id).catch((error: unknown) => error);
        const isTicket = typeof result === 'object' && result !== null && 'externalId' in result;
        if (isTicket) expect(result).toMatchObject({ externalId: whole.externalId });
        else if (result instanceof AppError && indispensable.includes(name)) needed.add(name);
        else lost.push(`${name} is ${how}: ${result instanceof AppError ? result.message : inspect(result)}`);
      }
    expect(names.size).toBeGreaterThan(5);
    expect(lost).toEqual([]);
    // A name that is not needed would hide the day on which it is.
    expect(indispensable.filter((name) => !needed.has(name))).toEqual([]);
  }),
  withDesk('no secret, address or word leaves in an error, a metric, a log or a URL', async (world) => {
    const { client, upstream, observed } = world;
    const said: string[] = [];
    const spies = [
      ...(['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name)),
      vi.spyOn(process, 'emitWarning'),
    ];
    const echo = JSON.stringify({ error: { msg: `${kim.email} ${kim.subject}` }, errors: [{ title: kim.text }] });
    try {
      const id = await openTicket(world);
      await pullOne(client(), id);
      const troubles: (Partial<Answer> | 'reset')[] = [
        ...[400, 401, 403, 404, 409, 422, 429, 500, 503].map((status) => ({ status, body: echo })),
        { status: 200, body: `<html>${kim.email} ${kim.text}</html>`, headers: { 'content-type': 'text/html' } },
        { status: 200, body: echo },
        { status: 200, body: JSON.stringify([kim.email]) },
        { status: 302, headers: { location: `/?mail=${kim.email}` } },
        'reset',
      ];
      for (const trouble of troubles) {
        upstream.before = () => trouble;
        for (const work of [
          (one = client()) => one.pullTickets([{ externalId: id, withHistory: 'yes' }]),
          (one = client()) => one.changeTags(id, { add: ['partner_nord'], remove: [] }),
          (one = client()) => one.verify(),
        ]) {
          const result = await work().catch((error: unknown) => error);
          if (result instanceof Error)
            said.push(inspect(result, { depth: 12, showHidden: true }), String(result.stack));
        }
      }
      expect(said.length).toBeGreaterThan(20);
      said.push(...upstream.seen.map(({ url }) => decodeURIComponent(url)), ...upstream.seen.map(({ url }) => url));
      said.push(...observed.map(({ method, path, status }) => `${method} ${path} ${status}`));
      said.push(...spies.flatMap(({ mock }) => mock.calls.map((call) => inspect(call))));
      for (const word of privateWords(world)) expect(said.filter((line) => line.includes(word))).toEqual([]);
      expect(observed.length).toBeGreaterThan(20);
      expect(observed.filter(({ path }) => path.includes(id) || path.includes('?'))).toEqual([]);
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  }),
];
