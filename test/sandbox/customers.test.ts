import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startCustomers } from '../../src/sandbox/customers.ts';
import { readMail } from '../../src/sandbox/mail.ts';
import { findSurveyForm } from '../../src/sandbox/survey-page.ts';
import { jumpingClock } from './jumping-clock.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const mailBytes = async (to: string, url: string): Promise<Buffer> => {
  const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail({
    from: 'support@example.com',
    to: `"Customer" <${to}>`,
    subject: 'Hur gick det? ÅÄÖ',
    text: `Hej,\n\nhur gick det? ${url}?lang=sv\n\nAvregistrera: ${url}/unsubscribe`,
    html: `<p dir="ltr">Hur gick det? ${'långt '.repeat(30)}</p>${[1, 2, 3, 4, 5].map((score) => `<a href="${url}?score=${score}&amp;lang=sv">${score}</a>`).join('')}<a href='${url}/unsubscribe'>Avregistrera</a>`,
    list: { unsubscribe: `${url}/unsubscribe` },
  });
  return message as Buffer;
};

describe('a mail', () => {
  test('is read through its parts and encodings', async () => {
    const mail = readMail(await mailBytes('customer8@example.org', 'http://127.0.0.1:9/s/abc_-1'));
    expect(mail?.to).toBe('customer8@example.org');
    expect(mail?.links.toSorted()).toEqual(
      ['?lang=sv', '/unsubscribe', ...[1, 2, 3, 4, 5].map((score) => `?score=${score}&lang=sv`)]
        .map((end) => `http://127.0.0.1:9/s/abc_-1${end}`)
        .toSorted(),
    );
  });

  test('without a recipient is nobody’s', () => {
    expect(readMail(Buffer.from('Subject: x\r\n\r\nhttp://127.0.0.1/s/a'))).toBeNull();
  });
});

describe('the survey form', () => {
  test('is found by its choice named score, whatever the quotes and the order', () => {
    const html = `<form action="/other"><input name="q"></form>
      <FORM class=x method='post' action="/s/abc?x=1&amp;y=2"><input value="n&#45;1" name=nonce type="hidden">
      <label><input type=radio name="score" value="1"> 1</label><input checked name='score' type=radio value=5 />
      <input type="text" name="comment"><button>OK</button></FORM>`;
    const form = findSurveyForm(html, 'http://127.0.0.1:9/s/abc');
    expect(form).toEqual({
      action: 'http://127.0.0.1:9/s/abc?x=1&y=2',
      method: 'POST',
      fields: new Map([['nonce', 'n-1']]),
      scores: ['1', '5'],
    });
  });

  test('posts to the page itself where it names no address, and is null on a page of thanks', () => {
    expect(
      findSurveyForm(
        '<form method="post"><input type="radio" name="score" value="3"></form>',
        'http://127.0.0.1:9/s/abc',
      )?.action,
    ).toBe('http://127.0.0.1:9/s/abc');
    expect(
      findSurveyForm(
        '<p>Thank you</p><form action="/x"><input type="hidden" name="a"></form>',
        'http://127.0.0.1:9/s/abc',
      ),
    ).toBeNull();
  });
});

describe('customers', () => {
  const people = Array.from(
    { length: 40 },
    (_, index) => `customer${index}@example.${index % 4 === 0 ? 'org' : 'com'}`,
  );

  const run = async () => {
    const outboxDir = await mkdtemp(join(tmpdir(), 'deskledger-outbox-'));
    const visits: { method: string; url: string; agent: string; body: string }[] = [];
    const bodyOf = async (request: IncomingMessage): Promise<string> => {
      let body = '';
      for await (const chunk of request) body += chunk;
      return body;
    };
    const server = createServer(async (request, response) => {
      const { method = '', url = '' } = request;
      visits.push({ method, url, agent: String(request.headers['user-agent']), body: await bodyOf(request) });
      if (method === 'GET' && !url.includes('unsubscribe')) {
        const scores = [1, 2, 3, 4, 5].map((score) => `<input type="radio" name="score" value="${score}">`);
        response
          .setHeader('content-type', 'text/html')
          .end(
            `<form method="post"><input type="hidden" name="nonce" value="n${visits.length}">${scores.join('')}</form>`,
          );
      } else response.writeHead(method === 'POST' ? 303 : 200, { location: '/thanks' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const [index, email] of people.entries())
      await writeFile(join(outboxDir, `${index}.eml`), await mailBytes(email, `${url}/s/token${index}`));
    const customers = startCustomers({
      clock: jumpingClock(0),
      seed: 'test',
      outboxDir,
      about: () => ({ partner: 'nordhem', live: false }),
    });
    closers.push(
      () => customers.stop(),
      () => rm(outboxDir, { recursive: true }),
      () => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      },
    );
    await vi.waitFor(() => expect([customers.counts.mails, customers.counts.scannerVisits]).toEqual([40, 70]), {
      timeout: 10_000,
    });
    await vi.waitFor(
      () => expect(visits.filter(({ agent }) => !agent.includes('Shield'))).toHaveLength(customers.counts.taken * 2),
      { timeout: 10_000 },
    );
    return { customers, visits };
  };

  test('answer in part, once each, with the page’s nonce; the scanner opens every link and never votes', async () => {
    const { customers, visits } = await run();
    const votes = visits.filter(({ method }) => method === 'POST');
    expect(votes.length).toBeGreaterThan(8);
    expect(votes.length).toBeLessThan(32);
    expect(customers.answers).toHaveLength(votes.length);
    expect(new Set(votes.map(({ url }) => url)).size).toBe(votes.length);
    expect(
      votes.every(
        ({ body, agent }) => /nonce=n\d+/.test(body) && /score=[1-5]/.test(body) && !agent.includes('Shield'),
      ),
    ).toBe(true);
    const scanned = visits.filter(({ agent }) => agent.includes('Shield'));
    expect(scanned.every(({ method }) => method === 'GET')).toBe(true);
    expect(scanned.some(({ url }) => url.includes('unsubscribe'))).toBe(true);
    expect(customers.counts.failed).toBe(0);
  });

  test('give the same answers for the same seed', async () => {
    const given = async () => (await run()).customers.answers.map(({ email, score }) => `${email} ${score}`).toSorted();
    expect(await given()).toEqual(await given());
  });
});
