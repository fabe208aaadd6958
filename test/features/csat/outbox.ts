import { pino } from 'pino';
import { createSender } from '../../../src/features/csat/index.ts';
import { createWorld, vault, type World } from './world.ts';

export interface Sent {
  readonly id: string;
  readonly to: string;
  readonly fromName?: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A world with one connection, a mailer that keeps what it sends, and the invitations that wait for it. */
export const createOutbox = async () => {
  const world = await createWorld();
  const connection = await world.connection();
  const outbox = {
    world,
    connection,
    sent: [] as Sent[],
    /** What the mailer throws for a mail. */
    fail: (_mail: Sent): Error | undefined => undefined,

    /** A sender whose mailer can tell what has gone: by default nothing that was not recorded. */
    sender: ({ canTell = true, wasSent = false } = {}) =>
      createSender({
        db: world.db,
        vault,
        clock: world.clock,
        mailer: {
          check: async () => undefined,
          async send(mail) {
            const error = outbox.fail(mail);
            if (error) throw error;
            outbox.sent.push(mail);
          },
          ...(canTell && { wasSent: async () => wasSent }),
        },
        publicUrl: 'https://support.example',
        log: pino({ level: 'silent' }),
      }),

    async invite(change: Parameters<World['candidate']>[1] = {}): Promise<bigint> {
      const made = await world.candidate(connection, change);
      await world.invite([made]);
      return made.ticketId;
    },

    async rowOf(ticketId: bigint) {
      const [row] = await world.db.query<{
        state: string;
        attempts: number;
        due_at: Date | null;
        sent_at: Date | null;
        expires_at: Date;
        last_error: string | null;
        agent_id: string;
        shares: unknown;
        address_sealed: Buffer | null;
      }>(`SELECT * FROM invitation WHERE ticket_id = $1`, [ticketId]);
      return row;
    },
  };
  return outbox;
};

export type Outbox = Awaited<ReturnType<typeof createOutbox>>;
