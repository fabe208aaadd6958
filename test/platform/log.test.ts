import { beforeEach, describe, expect, it } from 'vitest';
import { NotFound } from '../../src/core/errors.ts';
import { createLog, type Log, type StepEnd, step, withoutAddresses } from '../../src/platform/log.ts';

let lines: string[];
let log: Log;
beforeEach(() => {
  lines = [];
  log = createLog({ level: 'info', destination: { write: (line) => lines.push(line) } });
});
const logged = () => lines.map((line) => JSON.parse(line));

describe('step', () => {
  it('logs one line with what the step found, its outcome and its duration', async () => {
    const ends: StepEnd[] = [];
    let nowMs = 1000;
    const result = await step(
      log,
      'gather',
      async (line) => {
        line.connection = 7;
        line.tickets = ['1', '2'];
        line.dirtySeq = 12n;
        nowMs += 250;
        return 'done';
      },
      { nowMs: () => nowMs, ended: (end) => ends.push(end) },
    );
    expect(result).toBe('done');
    expect(logged()).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        step: 'gather',
        connection: 7,
        tickets: ['1', '2'],
        dirtySeq: '12',
        outcome: 'ok',
        durationMs: 250,
        msg: 'gather',
      },
    ]);
    expect(ends).toEqual([{ name: 'gather', outcome: 'ok', seconds: 0.25 }]);
  });

  it('takes the outcome the step names', async () => {
    await step(log, 'act', async (line) => {
      line.outcome = 'nothing to do';
    });
    expect(logged()).toMatchObject([{ outcome: 'nothing to do' }]);
  });

  it('logs of an error and its causes the name, words, code and place, never rows or connections', () => {
    const cause = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (number)=(SECRET-ROW) already exists.',
      client: { password: 'SECRET-CLIENT' },
    });
    log.error({ step: 'act', err: new NotFound('gone', { cause }) }, 'act');
    expect(logged()).toMatchObject([
      {
        err: {
          type: 'NotFound',
          message: 'gone',
          code: 'not_found',
          cause: { message: 'duplicate key', code: '23505' },
        },
      },
    ]);
    expect(lines.join()).not.toContain('SECRET');
    expect(logged()[0].err.stack).toContain('log.test.ts');
  });

  it('logs a failure once and throws it on', async () => {
    const failing = step(log, 'act', async (line) => {
      line.ticket = 3;
      throw new NotFound('gone');
    });
    await expect(failing).rejects.toThrow('gone');
    expect(logged()).toEqual([
      expect.objectContaining({ level: 'error', step: 'act', ticket: 3, outcome: 'failed', code: 'not_found' }),
    ]);
  });
});

describe('addresses', () => {
  it('never reach the log, wherever they stand', () => {
    log.info(
      { to: 'kim@example.org', err: new Error("no mailbox jörg.o'neil+shop@mail.example.co.uk here") },
      'sent to <kim@example.org>',
    );
    expect(lines.join()).not.toMatch(/kim@|neil|mail\.example/);
    expect(logged()).toMatchObject([{ to: '[address]', msg: 'sent to <[address]>' }]);
  });

  it('leaves package paths and versions as they are', () => {
    const text = 'at /app/node_modules/@fastify/cookie/index.js:3 nodemailer@10.6.0 a @ b';
    expect(withoutAddresses(text)).toBe(text);
  });

  it('takes linear time on a long line', () => {
    const startMs = performance.now();
    withoutAddresses(`${'a'.repeat(500_000)}@`);
    expect(performance.now() - startMs).toBeLessThan(2000);
  });
});

it('obeys the level', () => {
  createLog({ level: 'warn', destination: { write: (line) => lines.push(line) } }).info('quiet');
  expect(lines).toEqual([]);
});
