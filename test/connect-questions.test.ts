import nock from 'nock';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Product } from '../src/compose.ts';
import { connect } from '../src/connect.ts';
import { connectByQuestions, connectBySettings } from '../src/connect-questions.ts';
import { InvalidInput } from '../src/core/errors.ts';
import { disconnect } from '../src/disconnect.ts';
import { connectionStatuses } from '../src/features/ingest/index.ts';
import { wallClock } from '../src/platform/clock.ts';
import { prove } from '../src/prove.ts';
import { createKustomerSandbox } from '../src/sandbox/kustomer/index.ts';
import { createZendeskSandbox, type ZendeskSandbox } from '../src/sandbox/zendesk/index.ts';
import type { Ask } from '../src/terminal.ts';
import { atEndOfFile } from './support/cleanup.ts';
import { freePort } from './support/cli.ts';
import { testProduct } from './support/product.ts';

let product: Product;
let sandbox: ZendeskSandbox;

beforeAll(async () => {
  const port = await freePort();
  ({ product } = await testProduct({ clock: wallClock, env: { PUBLIC_URL: `http://127.0.0.1:${port}` } }));
  const app = await product.buildApp();
  await app.listen({ host: '127.0.0.1', port });
  atEndOfFile(() => app.close());
  sandbox = await createZendeskSandbox({ clock: wallClock, seed: 'questions', limits: 'off' });
  atEndOfFile(() => sandbox.close());
});

beforeEach(async () => {
  await product.db.query('delete from connection');
  for (const { id } of [...sandbox.registry.webhooks.values()])
    (sandbox.registry.webhooks as Map<string, unknown>).delete(id);
});

/** A person who answers so, in turn; what was asked and said. */
const person = (answers: readonly string[]) => {
  const left = [...answers];
  const asked: { question: string; secret: boolean }[] = [];
  const said: string[] = [];
  const ask: Ask = async (question, { secret = false } = {}) => {
    asked.push({ question, secret });
    const answer = left.shift();
    if (answer === undefined) throw new Error(`nobody answers "${question}"`);
    return answer;
  };
  return { ask, say: (text: string) => void said.push(text), asked, said, left };
};

const talk = (answers: readonly string[], more: object = {}) => {
  const who = person(answers);
  const { orderNumberFieldId, partnerFieldId, regionFieldId, reasonFieldId } = sandbox.settings;
  const given = { baseUrl: sandbox.url, orderNumberFieldId, partnerFieldId, regionFieldId, reasonFieldId };
  const done = connectByQuestions(product, {
    kind: 'zendesk',
    remoteSetup: true,
    given,
    actor: 'test',
    ...who,
    ...more,
  });
  return { ...who, done };
};
const { email, apiToken } = { email: 'deskledger@example.com', apiToken: 'sandbox-questions' };
const known = () => product.directory.connections.list();

describe('connecting with the settings of a file', () => {
  const withFile = (answers: readonly string[] | null, more: object = {}) => {
    const { ask, ...who } = person(answers ?? []);
    const settings = { ...sandbox.settings, name: 'acme' };
    const wanted = { kind: 'zendesk', settings, remoteSetup: true, actor: 'test', say: who.say, ...more };
    return { ...who, done: connectBySettings(product, { ...wanted, ask: answers && ask }) };
  };

  it('bug: made the webhook with neither plan nor consent, also at a terminal', async () => {
    const refused = withFile(['n']);
    expect(await refused.done).toBeNull();
    expect(refused.asked.map(({ question }) => question)).toEqual(['Go on? [y/N] ']);
    expect(refused.said.join('\n')).toContain('this will be made or changed:\n  - create the webhook');
    expect(await known()).toEqual([]);
    expect(sandbox.registry.webhooks.size).toBe(0);
    const taken = withFile(['y']);
    expect((await taken.done)?.notes).toEqual([expect.stringContaining('Made at the helpdesk: webhook')]);
  });

  it('is asked nothing with --yes or without a terminal, and shows the plan all the same', async () => {
    for (const [answers, more] of [
      [[], { yes: true }],
      [null, {}],
    ] as const) {
      await product.db.query('delete from connection');
      const { done, asked, said } = withFile(answers, more);
      expect((await done)?.result).toMatchObject({ kind: 'zendesk', mode: 'observe' });
      expect(asked).toEqual([]);
      expect(said.join('\n')).toContain('this will be made or changed:');
    }
  });

  it('makes the connection where a helpdesk that is away cannot say what would be made', async () => {
    const settings = { ...sandbox.settings, name: 'away', baseUrl: 'http://127.0.0.1:1' };
    const { done, said } = withFile(null, { settings });
    await expect(done).rejects.toThrow(/exists, but its webhook could not be made/);
    expect(said.join('\n')).toContain('What would be made could not be looked at');
    expect(await known()).toMatchObject([{ name: 'away' }]);
  });
});

describe('connecting by questions', () => {
  it('asks for little, does not echo the secret, shows what it would make, and makes it after a yes', async () => {
    const { done, asked, said, left } = talk(['acme', email, apiToken, '', 'y']);
    const connected = await done;
    expect(asked).toEqual([
      { question: 'Subdomain: ', secret: false },
      { question: 'E-mail: ', secret: false },
      { question: 'API token: ', secret: true },
      { question: 'Name [acme]: ', secret: false },
      { question: 'Go on? [y/N] ', secret: false },
    ]);
    expect(left).toEqual([]);
    const shown = said.join('\n');
    expect(shown).toContain('Admin Center > Apps and integrations > APIs > API tokens');
    expect(shown).toContain('create the webhook "Deskledger" to http://127.0.0.1:');
    expect(shown).toContain('starts in mode observe');
    expect(shown).not.toContain(apiToken);
    expect(connected?.notes).toEqual([expect.stringContaining('Made at the helpdesk: webhook "Deskledger"')]);
    const [connection] = await known();
    expect(connection).toMatchObject({ name: 'acme', mode: 'observe' });
    // The address that was shown is the one that was made.
    expect(shown).toContain(`/webhooks/${connection?.webhookKey}`);
    expect([...sandbox.registry.webhooks.values()].map(({ endpoint }) => endpoint)).toEqual([
      connected?.result.webhookUrl,
    ]);
  });

  it('makes and stores nothing after a no', async () => {
    const { done } = talk(['acme', email, apiToken, 'desk', 'n']);
    expect(await done).toBeNull();
    expect(await known()).toEqual([]);
    expect(sandbox.registry.webhooks.size).toBe(0);
  });

  it('asks again for what cannot be read or does not work, secrets without what was typed before', async () => {
    const { done, asked, said } = talk(['a b', 'acme', email, 'wrong', 'desk', '', '', apiToken, '', 'yes']);
    expect((await done)?.result).toMatchObject({ mode: 'observe' });
    expect(said.join('\n')).toContain('write the first part of the address alone');
    expect(said.join('\n')).toContain('refuses email and API token');
    expect(asked.slice(5).map(({ question }) => question)).toEqual([
      'Subdomain [acme]: ',
      `E-mail [${email}]: `,
      'API token: ',
      'Name [desk]: ',
      'Go on? [y/N] ',
    ]);
  });

  it('gives up after a few answers that cannot be read, and knows no other kinds than there are', async () => {
    await expect(talk(['', '', '', '', '']).done).rejects.toThrow(InvalidInput);
    await expect(talk([], { kind: 'fax' }).done).rejects.toThrow('no kind of connection');
  });

  it('shows the fields that it found, asks whether they are to be used, and leaves them out after a no', async () => {
    const given = { baseUrl: sandbox.url, regionFieldId: sandbox.settings.regionFieldId };
    const { done, asked, said } = talk(['acme', email, apiToken, '', 'n', 'y'], { given });
    await done;
    expect(asked.slice(-2).map(({ question }) => question)).toEqual(['Use them so? [y/N] ', 'Go on? [y/N] ']);
    const shown = said.join('\n');
    expect(shown).toContain('the ticket field "Order number" (360000000003) holds the order number');
    expect(shown).toContain('the ticket field "Sales partner" (360000000004) is where agents correct the partner');
    expect(shown).not.toContain('Sales region');
    const [connection] = await known();
    expect(connection?.settings).toMatchObject({ totalTimeFieldId: '360000000001', regionFieldId: '360000000005' });
    expect(connection?.settings).not.toHaveProperty('orderNumberFieldId');
  });

  it('uses the fields that it found after a yes, and with --yes says so', async () => {
    const given = { baseUrl: sandbox.url };
    const { done, said } = talk(['acme', email, apiToken, ''], { given, yes: true });
    await done;
    expect(said.join('\n')).toContain('Used: the ticket field "Order number" (360000000003) holds the order number.');
    expect((await known())[0]?.settings).toMatchObject({
      orderNumberFieldId: '360000000003',
      partnerFieldId: '360000000004',
      regionFieldId: '360000000005',
      reasonFieldId: '360000000006',
    });
  });

  it('needs no yes with --yes', async () => {
    expect(await talk(['acme', email, apiToken, ''], { yes: true }).done).not.toBeNull();
  });

  it('makes no webhook that a helpdesk out there could not reach, and says so', async () => {
    const vendor = nock('https://acme.zendesk.com');
    vendor.get('/api/v2/users/me.json').reply(200, { user: { id: 900, role: 'admin' } });
    vendor.get('/api/v2/ticket_fields').query(true).reply(403, {});
    const { done, said } = talk(['acme', email, apiToken, '', 'y'], { given: {} });
    expect((await done)?.notes).toEqual([]);
    expect(said.join('\n')).toMatch(/No webhook is made: your helpdesk cannot reach http:\/\/127\.0\.0\.1/);
    expect(nock.pendingMocks()).toEqual([]);
    nock.restore();
  });
});

describe('the proof', () => {
  const connected = async () => {
    const done = await talk(['acme', email, apiToken, '', 'y']).done;
    return product.directory.connections.get(String(done?.result.id));
  };

  it('is a test delivery of the helpdesk that arrived', async () => {
    const proof = await prove(product, await connected());
    expect(proof).toMatchObject({
      proven: true,
      text: expect.stringMatching(/^Proven: a test delivery .* arrived in \d/),
    });
    const rows = await product.db.query<{ state: string; ticket_external_id: string | null }>(
      'select state, ticket_external_id from delivery',
    );
    // Our own and the helpdesk's; neither raised a ticket, neither is set aside.
    expect(rows.map(({ ticket_external_id }) => ticket_external_id)).toEqual([null, null]);
    expect(rows.map(({ state }) => state)).not.toContain('quarantined');
    // Nor do they tell that the helpdesk's webhook speaks of tickets.
    const [status] = await connectionStatuses(product.db, wallClock.now());
    expect(status).toMatchObject({ lastDeliveryAt: null });
  });

  it('says what is not proven where the test never comes, where nobody answers and where the secret is another', async () => {
    const connection = await connected();
    sandbox.registry.webhooks.forEach((webhook) => {
      webhook.endpoint = 'http://127.0.0.1:9/elsewhere';
    });
    expect(await prove(product, connection, { waitMs: 300 })).toMatchObject({
      proven: false,
      text: expect.stringContaining('no test delivery'),
    });
    const foreign = { ...connection, settings: { ...connection.settings, webhookSecrets: ['another-secret'] } };
    const hasty = { ...product, clock: { ...wallClock, sleep: async () => undefined } };
    expect((await prove(hasty, foreign))?.text).toContain("does not know the connection's secret");
    const nobody = { ...product, config: { ...product.config, publicUrl: `http://127.0.0.1:${await freePort()}` } };
    expect((await prove(nobody, connection))?.text).toMatch(/Nothing answers at .*npm start/);
    const real = { ...connection, settings: { ...connection.settings, baseUrl: undefined } };
    expect((await prove(product, real))?.text).toContain('Your helpdesk cannot reach http://127.0.0.1');
  });
});

describe('disconnect', () => {
  const yes = async () => true;

  it('changes nothing where the helpdesk refuses, and can end it here alone', async () => {
    const done = await talk(['acme', email, apiToken, '', 'y']).done;
    const id = done?.result.id ?? 0;
    const connection = await product.directory.connections.get(String(id));
    const revoked = { ...connection, settings: { ...connection.settings, apiToken: 'revoked' } };
    const trying = disconnect(product, revoked, { consent: yes, leaveRemote: false, actor: 'test' });
    await expect(trying).rejects.toThrow(`deskledger disconnect ${id} --leave-remote`);
    expect(await known()).toHaveLength(1);
    const left = await disconnect(product, revoked, { consent: yes, leaveRemote: true, actor: 'test' });
    expect(left).toMatchObject({ removed: [], left: [expect.stringContaining('webhook "Deskledger"')] });
    expect(await known()).toEqual([]);
    expect(sandbox.registry.webhooks.size).toBe(1);
  });

  it('names what a person alone can take away at the helpdesk, and takes away the rest', async () => {
    const desk = await createKustomerSandbox({ clock: wallClock, seed: 'questions', limits: 'off' });
    atEndOfFile(() => desk.close());
    desk.desk.attributes.clear();
    const { name, org, apiKey } = desk.settings;
    const settings = { name, org, apiKey, baseUrl: desk.url };
    const wanted = { kind: 'kustomer', settings, remoteSetup: true, fields: true, actor: 'test' };
    const { result } = await connect(product, wanted);
    const connection = await product.directory.connections.get(String(result.id));
    expect(connection.settings).toMatchObject({ partnerFieldId: 'salesPartnerStr', reasonFieldId: 'contactReasonStr' });
    const seen: string[] = [];
    const consent = async (lines: readonly string[]) => {
      seen.push(...lines);
      return true;
    };
    const done = await disconnect(product, connection, { consent, leaveRemote: false, actor: 'test' });
    expect(done?.removed).toEqual([expect.stringContaining('webhook "Deskledger"')]);
    expect(done?.left).toContainEqual(expect.stringMatching(/"Sales partner".*an administrator does, under Settings/));
    expect(seen.join('\n')).toMatch(/It leaves at the helpdesk: .*"Sales partner"/);
    expect(desk.registry.webhooks.size).toBe(0);
    expect(desk.desk.attributes.size).toBe(done?.left.length);
  });

  it('takes away the webhook, answers 404 at its address, and leaves tickets as they are', async () => {
    const done = await talk(['acme', email, apiToken, '', 'y']).done;
    const connection = await product.directory.connections.get(String(done?.result.id));
    await product.db.query("insert into ticket (connection_id, external_id, first_seen_at) values ($1, '1', now())", [
      connection.id,
    ]);
    const seen: string[] = [];
    const look = async (lines: readonly string[]) => {
      seen.push(...lines);
      return false;
    };
    expect(await disconnect(product, connection, { consent: look, leaveRemote: false, actor: 'test' })).toBeNull();
    expect(seen.join('\n')).toContain('It takes away at the helpdesk: webhook "Deskledger"');
    await disconnect(product, connection, { consent: yes, leaveRemote: false, actor: 'test' });
    expect(sandbox.registry.webhooks.size).toBe(0);
    const answer = await fetch(done?.result.webhookUrl ?? '', { method: 'POST', body: '{}' });
    expect(answer.status).toBe(404);
    expect(await product.db.query('select external_id from ticket')).toEqual([{ external_id: '1' }]);
    // The same account again is the same connection: no ticket counts twice.
    const again = await talk(['acme', email, apiToken, 'renamed', 'y']);
    expect((await again.done)?.result.id).toBe(connection.id);
    expect(again.said.join('\n')).toContain('was connected before');
  });
});
