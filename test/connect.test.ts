import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Product } from '../src/compose.ts';
import { connect, reconnect } from '../src/connect.ts';
import { Refused } from '../src/core/errors.ts';
import { wallClock } from '../src/platform/clock.ts';
import { createGorgiasSandbox } from '../src/sandbox/gorgias/index.ts';
import { createKustomerSandbox } from '../src/sandbox/kustomer/index.ts';
import { atEndOfFile } from './support/cleanup.ts';
import { testProduct } from './support/product.ts';

const apiToken = 'token-of-the-account';
const signingSecret = 'signing-secret-of-the-webhook';

/** A Zendesk that answers by this table of "METHOD path"; anything else is 404. */
let answers: Record<string, { status: number; body?: unknown }>;
let baseUrl: string;
let product: Product;
let lines: string[];

const me = { status: 200, body: { user: { id: 900, name: 'Deskledger', role: 'admin' } } };
const webhook = { status: 201, body: { webhook: { id: 'w1' } } };
const secret = { status: 200, body: { signing_secret: { secret: signingSecret, algorithm: 'SHA256' } } };
const totalTime = { id: 77, title: 'Total time spent (sec)', type: 'integer', active: true };
const noChanges = { status: 200, body: { tickets: [], end_of_stream: true, after_cursor: 'a' } };

beforeAll(async () => {
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const { status, body } = answers[`${request.method} ${path}`] ?? {
      status: 404,
      body: { error: 'InvalidEndpoint' },
    };
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEndOfFile(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  baseUrl = `http://127.0.0.1:${address !== null && typeof address !== 'string' ? address.port : 0}`;
  ({ product, lines } = await testProduct());
});

beforeEach(async () => {
  await product.db.query('delete from connection');
  answers = {
    'GET /api/v2/users/me.json': me,
    'GET /api/v2/webhooks': { status: 200, body: { webhooks: [], meta: { has_more: false } } },
    'POST /api/v2/webhooks': webhook,
    'GET /api/v2/webhooks/w1/signing_secret': secret,
    'GET /api/v2/incremental/tickets/cursor.json': noChanges,
    'GET /api/v2/ticket_fields': { status: 200, body: { ticket_fields: [totalTime], meta: { has_more: false } } },
  };
});

const settings = () => ({ name: 'main', subdomain: 'acme', email: 'api@example.com', apiToken, baseUrl });
const connecting = ({ remoteSetup = true, given = settings() as object } = {}) =>
  connect(product, { kind: 'zendesk', settings: given, remoteSetup, actor: 'test' });
const known = () => product.directory.connections.list();
const messageOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.catch((thrown: unknown) => thrown);
  if (!(error instanceof Error)) throw new Error('nothing was refused');
  return error.message;
};

describe('connect', () => {
  it('proves the credentials, makes the webhook and keeps its secret', async () => {
    const { result, notes } = await connecting();
    expect(notes).toEqual([
      'Signed in to acme.',
      'Handling time is read from the ticket field "Total time spent (sec)" (77).',
      'Made at the helpdesk: webhook "Deskledger" (w1).',
    ]);
    const [connection] = await known();
    expect(connection).toMatchObject({
      apiUserId: '900',
      mode: 'observe',
      settings: { webhookSecrets: [signingSecret], totalTimeFieldId: '77' },
    });
    expect(await product.directory.connections.remoteObjects(connection?.id ?? 0)).toEqual([
      { what: 'webhook', externalId: 'w1', name: 'Deskledger' },
    ]);
    expect(result).toEqual({
      id: connection?.id,
      kind: 'zendesk',
      mode: 'observe',
      webhookUrl: `https://desk.example.com/webhooks/${connection?.webhookKey}`,
    });
  });

  describe('of an account with fields that fit', () => {
    const withFields = (...titles: string[]) => {
      const fields = titles.map((title, index) => ({ id: 80 + index, title, type: 'text', active: true }));
      const body = { ticket_fields: [totalTime, ...fields], meta: { has_more: false } };
      answers['GET /api/v2/ticket_fields'] = { status: 200, body };
    };
    const wanted = (given: object = {}) => ({
      kind: 'zendesk',
      settings: { ...settings(), ...given },
      remoteSetup: false,
      actor: 'test',
    });
    const held = async () => (await known())[0]?.settings;

    it('says so and uses none, where nobody was asked', async () => {
      withFields('Bestellnummer', 'Region');
      const { notes } = await connect(product, wanted());
      expect(notes.slice(2)).toEqual([
        'Not used: it seems that the ticket field "Bestellnummer" (80) holds the order number.',
        'Not used: it seems that the ticket field "Region" (81) is where agents correct the region.',
        'To use what was found: the same again with --yes, or give {"orderNumberFieldId":"80","regionFieldId":"81"}.',
      ]);
      expect(await held()).not.toHaveProperty('orderNumberFieldId');
      expect(await held()).not.toHaveProperty('regionFieldId');
    });

    it('uses with a yes those that alone fit, never over what was given, and says which', async () => {
      withFields('Bestellnummer', 'Region', 'Sales partner', 'Marketplace');
      const asked: (readonly string[])[] = [];
      const takeFields = async (lines: readonly string[]) => asked.push(lines) > 0;
      const { notes } = await connect(product, { ...wanted({ regionFieldId: 12 }), takeFields });
      expect(asked).toEqual([['the ticket field "Bestellnummer" (80) holds the order number']]);
      expect(notes).toContain('Used: the ticket field "Bestellnummer" (80) holds the order number.');
      expect(notes).toContain(
        'Not known: the partner may be in the ticket field "Sales partner" (82), "Marketplace" (83): give {"partnerFieldId": "..."} with one of them.',
      );
      expect(await held()).toMatchObject({ orderNumberFieldId: '80', regionFieldId: '12' });
      expect(await held()).not.toHaveProperty('partnerFieldId');
    });

    it('leaves those apart that it is to make itself, and asks nothing where nothing fits', async () => {
      withFields('Bestellnummer', 'Region');
      const asked: (readonly string[])[] = [];
      const takeFields = async (lines: readonly string[]) => asked.push(lines) > 0;
      await connect(product, { ...wanted(), fields: true, takeFields });
      expect(asked).toEqual([['the ticket field "Bestellnummer" (80) holds the order number']]);
      await product.db.query('delete from connection');
      withFields('Colour');
      await connect(product, { ...wanted(), takeFields });
      expect(asked).toHaveLength(1);
    });

    it.each([
      ['gorgias', createGorgiasSandbox],
      ['kustomer', createKustomerSandbox],
    ])('finds them at %s too', async (kind, create) => {
      const sandbox = await create({ clock: wallClock, seed: 'fields', limits: 'off' });
      atEndOfFile(() => sandbox.close());
      const mapped = Object.entries(sandbox.settings).filter(([key]) => key.endsWith('FieldId'));
      const nobodys = Object.fromEntries(Object.entries(sandbox.settings).filter(([key]) => !key.endsWith('FieldId')));
      const takeFields = async () => true;
      await connect(product, { kind, settings: nobodys, remoteSetup: false, takeFields, actor: 'test' });
      expect(mapped).toHaveLength(4);
      expect(await held()).toMatchObject(Object.fromEntries(mapped));
    });

    it('connects all the same where the fields cannot be read', async () => {
      answers['GET /api/v2/ticket_fields'] = { status: 403, body: {} };
      const takeFields = async () => true;
      await connect(product, { ...wanted(), takeFields });
      expect(await held()).toMatchObject({ subdomain: 'acme' });
    });
  });

  it('bug: a misspelt optional setting was missed in silence', async () => {
    const refused = async (work: Promise<unknown>, field: string, meant: string) => {
      const error = await work.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        faults: [
          { field, reason: expect.stringMatching(`no setting of zendesk; did you mean ${meant}. Known are name`) },
        ],
      });
    };
    await refused(
      connecting({ given: { ...settings(), totaltimeFieldId: 7 } }),
      'totaltimeFieldId',
      'totalTimeFieldId',
    );
    expect(await known()).toEqual([]);
    await connecting({ remoteSetup: false });
    const [connection] = await known();
    if (!connection) throw new Error('nothing was connected');
    const changing = reconnect(product, connection, {
      settings: { surveyDelayMinute: 5 },
      remoteSetup: false,
      actor: 'test',
    });
    await refused(changing, 'surveyDelayMinute', 'surveyDelayMinutes');
  });

  it('names what is wrong with the settings in words', async () => {
    const given = { ...settings(), apiToken: undefined, limitShare: '0.5', email: 'api', surveyDelayMinutes: 0.5 };
    const error = await connecting({ given }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      faults: expect.arrayContaining([
        { field: 'apiToken', reason: 'is missing; text is needed' },
        { field: 'limitShare', reason: 'must be a number, not text' },
        { field: 'email', reason: 'is not an e-mail address; write it as name@example.com' },
        { field: 'surveyDelayMinutes', reason: 'must be a whole number, not a fraction' },
      ]),
    });
  });

  it('makes nothing at the vendor with --no-remote-setup', async () => {
    answers['POST /api/v2/webhooks'] = { status: 500 };
    await connecting({ remoteSetup: false });
    expect((await known())[0]?.settings).toMatchObject({ webhookSecrets: [] });
  });

  it('is ended by wrong credentials and leaves nothing behind', async () => {
    answers['GET /api/v2/users/me.json'] = { status: 401 };
    const failing = connecting();
    await expect(failing).rejects.toThrow(Refused);
    expect(await messageOf(failing)).toContain('check both');
    expect(await known()).toEqual([]);
  });

  it('refuses a private address before anything is stored', async () => {
    const { product: guarded } = await testProduct({ env: { ALLOW_PRIVATE_UPSTREAMS: 'false' } });
    for (const remoteSetup of [true, false])
      expect(
        await messageOf(connect(guarded, { kind: 'zendesk', settings: settings(), remoteSetup, actor: 'test' })),
      ).toContain('ALLOW_PRIVATE_UPSTREAMS=true');
    expect(await guarded.directory.connections.list()).toEqual([]);
  });

  it('connects a helpdesk that does not answer, which is asked who we are later', async () => {
    answers['GET /api/v2/users/me.json'] = { status: 503 };
    const { notes } = await connecting({ remoteSetup: false });
    expect(notes).toEqual([expect.stringContaining('The credentials are not checked yet')]);
    const [connection] = await known();
    if (!connection) throw new Error('nothing was connected');
    expect(connection.apiUserId).toBeNull();
    await expect(product.walk(connection)).rejects.toThrow('503');
    answers['GET /api/v2/users/me.json'] = me;
    expect(await product.walk(connection)).toMatchObject({ walked: 0 });
    expect((await known())[0]?.apiUserId).toBe('900');
  });

  it('says what exists and how to go on when the webhook cannot be made', async () => {
    answers['POST /api/v2/webhooks'] = { status: 403 };
    const said = await messageOf(connecting());
    const [connection] = await known();
    if (!connection) throw new Error('nothing was connected');
    expect(said).toContain(`Connection ${connection.id} "main" exists`);
    expect(said).toContain(`deskledger connection ${connection.id} --remote-setup`);
    expect(said).toContain(`https://desk.example.com/webhooks/${connection.webhookKey}`);
    answers['POST /api/v2/webhooks'] = webhook;
    await reconnect(product, connection, { remoteSetup: true, actor: 'test' });
    expect((await known())[0]?.settings).toMatchObject({ webhookSecrets: [signingSecret] });
  });

  it('bug: what a failed connect had stored kept the same call from working once all was well', async () => {
    answers['POST /api/v2/webhooks'] = { status: 403 };
    await expect(connecting()).rejects.toThrow('--remote-setup');
    const [first] = await known();
    answers['POST /api/v2/webhooks'] = webhook;
    const { result, notes } = await connecting();
    expect(notes).toContain(`Connection ${first?.id} "main" was begun before; it goes on with these settings.`);
    expect(result).toMatchObject({ id: first?.id, webhookUrl: expect.stringContaining(first?.webhookKey ?? '-') });
    expect(await known()).toMatchObject([{ settings: { webhookSecrets: [signingSecret] } }]);
    // Once more it changes nothing.
    await connecting();
    expect(await known()).toMatchObject([{ id: first?.id, settings: { webhookSecrets: [signingSecret] } }]);
  });

  it('bug: a connect to a wrong address took the name from the corrected one', async () => {
    const nowhere = { ...settings(), baseUrl: 'http://127.0.0.1:1', subdomain: 'acne', tagPrefix: 'x_' };
    await expect(connecting({ given: nowhere })).rejects.toThrow('exists, but its webhook could not be made');
    await connecting();
    const [connection, ...others] = await known();
    expect(others).toEqual([]);
    expect(connection).toMatchObject({ apiUserId: '900', settings: { subdomain: 'acme', baseUrl } });
    expect(connection?.settings.tagPrefix).toBe('');
    // A name of another account that works is nobody else's.
    const other = connecting({ given: { ...settings(), subdomain: 'other' } });
    await expect(other).rejects.toThrow(/"main" exists already.*deskledger connection "main" --settings/);
  });

  it('wakes a worker for the first walk', async () => {
    const { result } = await connecting({ remoteSetup: false });
    const job = await new Promise((resolve) => {
      product.queues.work('reconcile', async (data) => resolve(data), { concurrency: 1 });
    });
    expect(job).toMatchObject({ connectionId: expect.any(Number) });
    expect(result.id).toBeGreaterThan(0);
  });
});

describe('reconnect', () => {
  it('changes what is given, takes away what is null, and keeps the rest', async () => {
    await connecting({ given: { ...settings(), tagPrefix: 'a_', partnerFieldId: '5' } });
    const [connection] = await known();
    if (!connection) throw new Error('nothing was connected');
    answers['GET /api/v2/users/me.json'] = { status: 200, body: { user: { id: 901, name: 'New', role: 'admin' } } };
    await reconnect(product, connection, {
      settings: { apiToken: 'next-token', partnerFieldId: null },
      remoteSetup: false,
      actor: 'test',
    });
    const [changed] = await known();
    expect(changed).toMatchObject({
      apiUserId: '901',
      webhookKey: connection.webhookKey,
      settings: { apiToken: 'next-token', tagPrefix: 'a_', webhookSecrets: [signingSecret] },
    });
    expect(changed?.settings).not.toHaveProperty('partnerFieldId');
  });

  it('changes nothing where the new credentials do not work or a setting is faulty', async () => {
    await connecting();
    const [connection] = await known();
    if (!connection) throw new Error('nothing was connected');
    const change = (given: object) =>
      reconnect(product, connection, { settings: given, remoteSetup: false, actor: 'test' });
    answers['GET /api/v2/users/me.json'] = { status: 401 };
    await expect(change({ apiToken: 'wrong' })).rejects.toThrow(Refused);
    await expect(change({ email: 'nobody' })).rejects.toThrow('1 fault');
    expect(await known()).toEqual([connection]);
  });
});

describe('bug: a mapped field of several choices lost all but the one that was written', () => {
  const several = { id: 91, title: 'Partners', type: 'multiselect', active: true };
  const list = { status: 200, body: { ticket_fields: [totalTime, several], meta: { has_more: false } } };
  const reason = expect.stringMatching(/"Partners" \(91\) holds several choices at once.*name a drop-down/);
  const refusal = { code: 'invalid_input', faults: [{ field: 'partnerFieldId', reason }] };

  it('is not mapped as a connection is made', async () => {
    answers['GET /api/v2/ticket_fields'] = list;
    await expect(connecting({ given: { ...settings(), partnerFieldId: '91' } })).rejects.toMatchObject(refusal);
    expect(await known()).toEqual([]);
  });

  it('is not mapped afterwards, and all stays as it was', async () => {
    await connecting();
    const [connection] = await known();
    if (!connection) throw new Error('nothing was connected');
    answers['GET /api/v2/ticket_fields'] = list;
    const mapping = (partnerFieldId: string) =>
      reconnect(product, connection, { settings: { partnerFieldId }, remoteSetup: false, actor: 'test' });
    await expect(mapping('91')).rejects.toMatchObject(refusal);
    expect((await known())[0]?.settings).toEqual(connection.settings);
    expect((await mapping('77')).notes).toEqual(['Signed in to acme.']);
  });
});

describe('secrets', () => {
  it('stand in no log line, no note and no error', async () => {
    const said: string[] = [];
    said.push(...(await connecting()).notes);
    answers['POST /api/v2/webhooks'] = { status: 500, body: { error: apiToken } };
    said.push(await messageOf(connecting({ given: { ...settings(), name: 'other' } })));
    answers['GET /api/v2/users/me.json'] = { status: 401, body: { error: apiToken } };
    said.push(await messageOf(connecting({ given: { ...settings(), name: 'third' } })));
    said.push(await messageOf(connecting({ given: { ...settings(), webhookSecrets: apiToken } })));
    expect(said.length).toBeGreaterThan(4);
    for (const text of [...said, ...lines]) {
      expect(text).not.toContain(apiToken);
      expect(text).not.toContain(signingSecret);
      expect(text).not.toContain(Buffer.from(`api@example.com/token:${apiToken}`).toString('base64'));
    }
  });
});
