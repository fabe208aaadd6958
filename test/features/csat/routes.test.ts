import { beforeAll, describe, expect, it } from 'vitest';
import { scores } from '../../../src/features/csat/index.ts';
import { createWorld, day, hour, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});

const unknownToken = 'A'.repeat(43);

/** Everything a visit could change, as text. */
const stateOf = async () =>
  JSON.stringify(
    (
      await world.db.query<{ text: string }>(
        `SELECT i::text AS text FROM invitation i UNION ALL SELECT v::text FROM vote v UNION ALL SELECT r::text FROM response r
         UNION ALL SELECT p::text FROM survey_person p ORDER BY 1`,
      )
    ).map(({ text }) => text),
  );

describe('looking at the page', () => {
  it('GET and HEAD record nothing, also when a scanner fetches all five links at once', async () => {
    const { token } = await world.invited();
    const before = await stateOf();
    const links = [`/s/${token}`, ...scores.map((score) => `/s/${token}?score=${score}`), `/s/${token}/unsubscribe`];
    const answers = await Promise.all(
      links.flatMap((url) => [world.app.inject({ url }), world.app.inject({ method: 'HEAD', url })]),
    );
    for (const answer of answers) expect(answer.statusCode).toBe(200);
    expect(answers).toHaveLength(14);
    expect(await stateOf()).toBe(before);
  });

  it('preselects the score of the link and nothing without one', async () => {
    const { token } = await world.invited();
    const checked = async (query: string) =>
      [...(await world.app.inject({ url: `/s/${token}${query}` })).body.matchAll(/value="(\d)" required checked/g)].map(
        ([, score]) => score,
      );
    expect(await checked('?score=4')).toEqual(['4']);
    expect(await checked('')).toEqual([]);
    expect(await checked('?score=9')).toEqual([]);
    expect(await checked('?score=4&score=5')).toEqual([]);
    // What mail programs and proxies add to a link.
    expect(await checked('?utm_source=mail&score=4&mc_eid=7')).toEqual(['4']);
  });

  it('is a form of native radios, in the language of the invitation, that needs no script', async () => {
    const { token } = await world.invited({ language: { language: 'ar', reason: 'text' } });
    const { body, headers } = await world.app.inject({ url: `/s/${token}` });
    expect(body).toContain('<html lang="ar" dir="rtl">');
    expect(
      body.match(/<label class="choice"><input type="radio" name="score" value="\d" required><span>[^<]+<\/span>/g),
    ).toHaveLength(5);
    expect(body).toMatch(/<fieldset[^>]*>\s*<legend>/);
    expect(body).not.toMatch(/<script|https?:\/\//);
    expect(headers['content-language']).toBe('ar');
  });

  it('is kept by nobody and leads nowhere else', async () => {
    const { token } = await world.invited();
    for (const url of [`/s/${token}`, `/s/${token}/unsubscribe`, `/s/${unknownToken}`]) {
      const { headers } = await world.app.inject({ url });
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-robots-tag': 'noindex, nofollow',
      });
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      );
    }
  });

  it.each([unknownToken, 'short', '..%2F..%2Fetc', `${unknownToken}%00`])(
    'a link that is none (%s): 404, in the visitor’s language',
    async (token) => {
      const answer = await world.app.inject({ url: `/s/${token}`, headers: { 'accept-language': 'fr-FR' } });
      expect(answer.statusCode).toBe(404);
      expect(answer.body).toContain('Ce lien ne fonctionne pas');
      expect((await world.form(`/s/${token}`, { score: '5' })).statusCode).toBe(404);
    },
  );
});

describe('voting', () => {
  it('a POST with the page’s nonce records', async () => {
    const { id, token } = await world.invited();
    const answer = await world.vote(token, 4);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('Thank you');
    expect(await world.scoreOf(id)).toBe(4);
    const [response] = await world.db.query<{ given_day: string }>(
      `SELECT given_day FROM response WHERE invitation_id = $1`,
      [id],
    );
    expect(response?.given_day).toBe('2026-03-02');
  });

  it('an answer may be changed: the last wins, the history stays', async () => {
    const { id, token } = await world.invited();
    await world.vote(token, 4);
    world.clock.advance(hour);
    expect((await world.app.inject({ url: `/s/${token}` })).body).toContain('value="4" required checked');
    const answer = await world.vote(token, 2);
    expect(answer.body).toContain('Answer changed');
    expect(await world.scoreOf(id)).toBe(2);
    expect(await world.votesOf(id)).toEqual([
      { score: 4, voided: false },
      { score: 2, voided: false },
    ]);
  });

  it('not after seven days', async () => {
    const { id, token } = await world.invited();
    await world.vote(token, 4);
    const nonce = await world.nonceOf(token);
    world.clock.advance(7 * day);
    expect((await world.form(`/s/${token}`, { nonce, score: '3' })).statusCode).toBe(200);
    world.clock.advance(1);
    const late = await world.form(`/s/${token}`, { nonce, score: '1' });
    expect(late.statusCode).toBe(409);
    expect(late.body).toContain('Your answer is final');
    expect((await world.app.inject({ url: `/s/${token}?score=1` })).body).not.toContain('<form');
    expect(await world.scoreOf(id)).toBe(3);
  });

  it('not after the invitation has expired: 410', async () => {
    const { id, token } = await world.invited();
    const nonce = await world.nonceOf(token);
    world.clock.advance(30 * day + 1);
    for (const answer of [
      await world.app.inject({ url: `/s/${token}` }),
      await world.form(`/s/${token}`, { nonce, score: '4' }),
    ]) {
      expect(answer.statusCode).toBe(410);
      expect(answer.body).toContain('This question is closed');
    }
    expect(await world.scoreOf(id)).toBeNull();
  });

  it('a double click counts once', async () => {
    const { id, token } = await world.invited();
    const nonce = await world.nonceOf(token);
    const answers = await Promise.all([1, 2, 3].map(() => world.form(`/s/${token}`, { nonce, score: '5' })));
    for (const answer of answers) {
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toContain('Thank you');
    }
    expect(await world.votesOf(id)).toEqual([{ score: 5, voided: false }]);
  });

  it('refuses a used nonce for another answer', async () => {
    const { id, token } = await world.invited();
    const nonce = await world.nonceOf(token);
    await world.form(`/s/${token}`, { nonce, score: '5' });
    world.clock.advance(hour);
    const replay = await world.form(`/s/${token}`, { nonce, score: '1' });
    expect(replay.statusCode).toBe(409);
    expect(await world.scoreOf(id)).toBe(5);
    expect(await world.votesOf(id)).toHaveLength(1);
  });

  it('refuses a nonce that is forged, another link’s, too old or missing, and offers the form again', async () => {
    const { id, token } = await world.invited();
    const other = await world.invited();
    const own = await world.nonceOf(token);
    const [issued = '', random = '', mac = ''] = own.split('.');
    const younger = `${(Number.parseInt(issued, 36) + 1).toString(36)}.${random}.${mac}`;
    const forged = `${issued}.${random}.${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`;
    for (const nonce of [forged, younger, await world.nonceOf(other.token), '', 'x'.repeat(200)]) {
      const answer = await world.form(`/s/${token}`, { nonce, score: '4' });
      expect(answer.statusCode).toBe(403);
      expect(answer.body).toContain('name="nonce"');
    }
    world.clock.advance(7 * day + 1);
    expect((await world.form(`/s/${token}`, { nonce: own, score: '4' })).statusCode).toBe(403);
    expect((await world.form(`/s/${token}`, { score: '4' })).statusCode).toBe(403);
    expect(await world.votesOf(id)).toEqual([]);
  });

  it.each([[{}], [{ score: '0' }], [{ score: '6' }], [{ score: '4.5' }], [{ score: 'good' }]])(
    'asks to choose where no score from 1 to 5 came: %j',
    async (fields: Record<string, string>) => {
      const { id, token } = await world.invited();
      const answer = await world.form(`/s/${token}`, { nonce: await world.nonceOf(token), ...fields });
      expect(answer.statusCode).toBe(422);
      expect(answer.body).toContain('role="alert"');
      expect(await world.votesOf(id)).toEqual([]);
    },
  );

  it('a machine that submits all five answers within seconds leaves none, and is counted', async () => {
    const { id, token } = await world.invited();
    await world.vote(token, 5);
    world.clock.advance(hour);
    world.outcomes.length = 0;
    for (const score of scores) {
      await world.vote(token, score);
      world.clock.advance(200);
    }
    expect(world.outcomes.filter((outcome) => outcome === 'voided')).toHaveLength(4);
    expect((await world.votesOf(id)).filter(({ voided }) => voided)).toHaveLength(5);
    expect(await world.scoreOf(id)).toBe(5);
    world.clock.advance(hour);
    await world.vote(token, 2);
    expect(await world.scoreOf(id)).toBe(2);
  });

  it('without an earlier answer, contradictory votes leave no response', async () => {
    const { id, token } = await world.invited();
    await world.vote(token, 1);
    const second = await world.vote(token, 5);
    expect(second.statusCode).toBe(409);
    expect(second.body).toContain('neither of them counts');
    expect(await world.scoreOf(id)).toBeNull();
  });

  it('stores a bounded history', async () => {
    const { id, token } = await world.invited();
    await world.db.query(
      `INSERT INTO vote (invitation_id, score, at, nonce_hash) SELECT $1, 3, $2, sha256(('x' || n)::bytea) FROM generate_series(1, 50) n`,
      [id, new Date(world.clock.now().getTime() - hour)],
    );
    expect((await world.vote(token, 4)).statusCode).toBe(429);
    expect(await world.votesOf(id)).toHaveLength(50);
  });

  it('a vote proves that a doubtful mail arrived', async () => {
    const { id, token } = await world.invited();
    const sentAt = world.clock.now();
    await world.db.query(
      `UPDATE invitation SET state = 'doubt', last_error = 'no answer', address_sealed = 'x' WHERE id = $1`,
      [id],
    );
    world.clock.advance(hour);
    await world.vote(token, 4);
    expect(
      await world.db.query('SELECT state, sent_at, last_error, address_sealed FROM invitation WHERE id = $1', [id]),
    ).toEqual([{ state: 'delivered', sent_at: sentAt, last_error: null, address_sealed: null }]);
  });

  it('refuses what is no small form', async () => {
    const { id, token } = await world.invited();
    const nonce = await world.nonceOf(token);
    expect((await world.form(`/s/${token}`, { nonce, score: '4', more: 'x'.repeat(3000) })).statusCode).toBe(413);
    const json = await world.app.inject({ method: 'POST', url: `/s/${token}`, payload: { nonce, score: '4' } });
    expect(json.statusCode).toBe(415);
    const xml = await world.app.inject({
      method: 'POST',
      url: `/s/${token}`,
      headers: { 'content-type': 'application/xml' },
      payload: '<score>4</score>',
    });
    expect(xml.statusCode).toBe(415);
    expect(await world.votesOf(id)).toEqual([]);
  });
});

describe('unsubscribing', () => {
  const unsubscribedAt = async (id: bigint) =>
    (
      await world.db.query<{ unsubscribed_at: Date | null }>(
        `SELECT p.unsubscribed_at FROM survey_person p JOIN invitation i USING (person_hash) WHERE i.id = $1`,
        [id],
      )
    )[0]?.unsubscribed_at ?? null;

  it('GET asks, the button’s POST does it, twice is once', async () => {
    const { id, token } = await world.invited();
    expect((await world.app.inject({ url: `/s/${token}/unsubscribe` })).body).toContain('<button');
    expect(await unsubscribedAt(id)).toBeNull();
    const answer = await world.form(`/s/${token}/unsubscribe`, { 'List-Unsubscribe': 'One-Click' });
    expect(answer.statusCode).toBe(200);
    const first = await unsubscribedAt(id);
    expect(first).toEqual(world.clock.now());
    world.clock.advance(hour);
    await world.form(`/s/${token}/unsubscribe`, { 'List-Unsubscribe': 'One-Click' });
    expect(await unsubscribedAt(id)).toEqual(first);
  });

  it('one click in a mail program, as multipart form (RFC 8058)', async () => {
    const { id, token } = await world.invited();
    const answer = await world.app.inject({
      method: 'POST',
      url: `/s/${token}/unsubscribe`,
      headers: { 'content-type': 'multipart/form-data; boundary=b0undary' },
      payload:
        '--b0undary\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b0undary--\r\n',
    });
    expect(answer.statusCode).toBe(200);
    expect(await unsubscribedAt(id)).not.toBeNull();
  });

  it('still works when the question has expired', async () => {
    const { id, token } = await world.invited();
    world.clock.advance(200 * day);
    await world.form(`/s/${token}/unsubscribe`, { 'List-Unsubscribe': 'One-Click' });
    expect(await unsubscribedAt(id)).not.toBeNull();
  });

  it('not by a POST that does not say so, nor by a link that is none', async () => {
    const { id, token } = await world.invited();
    expect((await world.form(`/s/${token}/unsubscribe`, { go: 'away' })).statusCode).toBeGreaterThanOrEqual(400);
    expect(await unsubscribedAt(id)).toBeNull();
    const unknown = await world.form(`/s/${unknownToken}/unsubscribe`, { 'List-Unsubscribe': 'One-Click' });
    expect(unknown.statusCode).toBe(404);
  });
});
