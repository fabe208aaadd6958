import { describe, expect, test } from 'vitest';
import { hourMs, minuteMs } from '../../../src/core/time.ts';
import { kinds } from './accounts.ts';
import { stages } from './stage.ts';

const { stage } = stages();

const cases = Object.entries(kinds).flatMap(([name, kind]) =>
  kind.rights.map((right) => [name, right.to, kind, right] as const),
);

test('every helpdesk is held to this with several rights, one of them to its fields', () => {
  for (const [name, { rights }] of Object.entries(kinds)) {
    expect(rights.length, name).toBeGreaterThan(2);
    expect(rights.map(({ to }) => to)).toContain('ticket fields');
  }
});

describe('a connection that acts', () => {
  test.each(cases)(
    'bug: an account of %s that takes away one right alone, to %s, was never tried',
    async (_, __, kind, right) => {
      const { w, account, proxy, live, status } = await stage(kind);
      await w.order(1, { email: 'kim@example.com' });
      const early = account.open();
      await w.deliver(early);
      await live(10 * minuteMs);
      expect(account.tagsOf(early)).toContain('partner_nord');
      account.choose(early, 'sud');
      await w.deliver(early, { urgency: 'now with audits' });
      await live(10 * minuteMs);
      expect(await w.decision(early)).toMatchObject({ method: 'person', partner: 'sud' });
      expect(account.tagsOf(early)).toContain('partner_sud');
      expect(await status()).toMatchObject({ state: 'ok', pending: 0, failed: 0 });

      proxy.closed = right.calls;
      proxy.asked = 0;
      const told = [account.open(), account.open(), account.open()];
      for (const id of told) await w.deliver(id, { urgency: 'now with audits' });
      await w.deliver(early, { urgency: 'now with audits' });
      await live(hourMs);
      const closed = await status();
      expect(closed).toMatchObject({ state: right.state, failed: 0, quarantined: 0 });
      if (right.state !== 'ok') expect(closed?.stateNext).toMatch(/\w+ \w+/);
      if (right.text) expect(closed?.stateText).toMatch(right.text);
      expect(proxy.asked).toBeLessThan(250);
      // What a person chose stays, whatever we may read of it meanwhile.
      expect(await w.decision(early)).toMatchObject({ method: 'person', partner: 'sud' });
      expect(account.tagsOf(early)).toContain('partner_sud');
      for (const id of told) {
        expect((await w.row(id)).snapshot_at === null).toBe(right.stops === 'tickets');
        expect(account.tagsOf(id).includes('partner_nord')).toBe(right.stops === 'nothing');
      }

      proxy.closed = null;
      await live(hourMs + 15 * minuteMs);
      expect(await status()).toMatchObject({
        state: 'ok',
        stateNext: null,
        pending: 0,
        failed: 0,
        refused: 0,
        quarantined: 0,
      });
      for (const id of told) expect(account.tagsOf(id)).toContain('partner_nord');
      expect(await w.decision(early)).toMatchObject({ method: 'person', partner: 'sud' });
    },
  );
});
