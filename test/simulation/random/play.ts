import { vi } from 'vitest';
import { hourMs, minuteMs, secondMs } from '../../../src/core/time.ts';
import type { NewTicket, Update } from '../../../src/sandbox/zendesk/desk.ts';
import { fieldIds } from '../../../src/sandbox/zendesk/index.ts';
import { viaOf } from '../../../src/sandbox/zendesk/model.ts';
import type { Account } from './account.ts';
import type { Item } from './item-story.ts';
import { sentences } from './languages.ts';
import { partnerCodes, type Step, type StepOf, type Story } from './story.ts';

/** How far the clock goes between two looks while things settle. */
const stepMs = 30 * secondMs;
const regionCodes = ['nordics', 'dach', 'FR'] as const;

const at = <Of>(list: readonly Of[], index: number): Of | undefined => list[index % Math.max(1, list.length)];

/** Plays the steps of a story on the vendors of an account; what a step names and nobody has yet leaves it without effect. */
export const createPlayer = (account: Account, story: Story) => {
  const { clock, zendesk, bigcommerce, agentIds, papers, bring, product } = account;
  const { desk } = zendesk;
  const { shop } = bigcommerce;
  const nowMs = (): number => clock.now().getTime();
  const people = new Map<string, number>();
  const addressOf = (buyer: number, other: boolean): string => `${other ? 'other.' : ''}buyer${buyer}@example.com`;
  const personOf = (email: string, locale: string | null): number => {
    const id =
      people.get(email) ?? desk.addUser({ name: 'someone', email, role: 'end-user', locale, organizationId: null }).id;
    people.set(email, id);
    return id;
  };
  const orders = () => [...shop.orders.values()];
  const tickets = () => [...desk.tickets.values()];
  const openTickets = () => tickets().filter(({ status }) => status !== 'closed');
  const agentOf = (agent: number): number => agentIds[agent] ?? 0;
  const totalOf = (ticketId: number): number => Number(desk.ticket(ticketId).fields.get(fieldIds.totalTime) ?? 0);
  const update = (ticketId: number, change: Omit<Update, 'atMs'>): void => {
    desk.update(ticketId, { atMs: nowMs(), ...change });
  };
  const total = (seconds: number) => new Map([[fieldIds.totalTime as number, String(Math.max(0, seconds))]]);

  /** So few words that they tell no language. */
  const bodyOf = ({ names, order, other }: Pick<StepOf<'ticket'>, 'names' | 'order' | 'other'>): string => {
    const [one, two] = [at(orders(), order), at(orders(), other)];
    if (!one || !two) return 'Hello';
    switch (names) {
      case '#':
        return `About #${one.id}, please.`;
      case 'order no.':
        return `My order no. ${one.id} is late.`;
      case 'Bestellung Nr.':
        return `Bestellung Nr. ${one.id}?`;
      case 'bare':
        return `It is ${one.id}.`;
      case 'two':
        return `Both #${one.id} and #${two.id} are late.`;
      case 'line':
        return `${one.input.lines[0]?.sku} of order ${one.id} broke.`;
      case 'marketplace':
        return `Says order number: ${one.input.externalOrderId || one.id}.`;
      default:
        return 'Hello';
    }
  };

  const playOrder = (step: StepOf<'order'>): void => {
    const lines = step.lines.map(({ brand, cents: priceCents, quantity, costCents }, no) => ({
      sku: `SKU-${orders().length}-${no}`,
      name: `Thing ${orders().length} ${no}`,
      brand,
      priceCents,
      quantity,
      ...((step.costsTold === 'all' || (step.costsTold === 'some' && no > 0)) && { costCents }),
    }));
    const sum = lines.reduce((all, { priceCents, quantity }) => all + priceCents * quantity, 0);
    shop.place({
      placedAtMs: Math.floor((nowMs() - step.ageMs) / secondMs) * secondMs,
      customerId: step.guest ? 0 : 101 + step.buyer,
      email: addressOf(step.buyer, step.otherAddress),
      firstName: 'Some',
      lastName: 'One',
      countryIso2: step.country,
      locale: step.locale,
      currency: step.currency,
      channelId: step.channel,
      externalSource: null,
      externalOrderId: step.marketplaceNumber ? String(770_000 + orders().length) : '',
      formFields: [],
      metafields:
        step.note === null ? [] : [{ namespace: 'trade', key: 'partner', value: step.note, permissionSet: 'read' }],
      taxInclusive: step.taxInclusive,
      taxPercent: step.taxPercent,
      lines,
      discountCents: Math.floor((sum * step.discountPercent) / 100),
      shippingCents: step.shippingCents,
      statusId: step.statusId,
    });
  };

  const playTicket = (step: StepOf<'ticket'>): void => {
    const fields = new Map<number, string | null>();
    const named = at(orders(), step.other);
    if (step.field === 'order' && named) fields.set(fieldIds.orderNumber, String(named.id));
    if (step.field === 'nobody’s') fields.set(fieldIds.orderNumber, '99999');
    if (step.reason !== null) fields.set(fieldIds.reason, step.reason);
    const made: NewTicket = {
      atMs: nowMs(),
      subject: 'A question',
      body: [bodyOf(step), ...(step.written === null ? [] : [sentences[step.written]])].join(' '),
      requesterId: personOf(addressOf(step.buyer, step.otherAddress), story.locales[step.buyer] ?? null),
      via: viaOf(step.via),
      brandId: 360_000_910_001,
      fields,
      ...(step.form !== null && { formId: step.form }),
      ...(step.tag !== null && { tags: [step.tag] }),
    };
    desk.create(made);
  };

  const playPerson = ({ ticket: index, agent, half, way, code }: StepOf<'person'>): void => {
    const ticket = at(openTickets(), index);
    if (!ticket) return;
    const value =
      code === null ? null : half === 'partner' ? (partnerCodes[code] ?? null) : (regionCodes[code] ?? null);
    if (way === 'field') {
      update(ticket.id, { authorId: agentOf(agent), values: { fields: new Map([[fieldIds[half], value]]) } });
      return;
    }
    const others = ticket.tags.filter((tag) => !tag.startsWith(`${half}_`));
    const tags = value === null ? others : [...others, `${half}_${value.toLowerCase()}`];
    update(ticket.id, { authorId: agentOf(agent), values: { tags } });
  };

  const playRefund = ({ order: index, percent, declined }: StepOf<'refund'>): void => {
    const order = at(orders(), index);
    if (!order) return;
    const totalCents = Math.floor((order.amounts.totalIncCents * percent) / 100);
    if (totalCents === 0) return;
    const first = declined === 'part' ? Math.ceil(totalCents / 3) : totalCents;
    shop.refund(order.id, {
      reason: 'returned',
      totalCents,
      taxCents: Math.floor((order.amounts.totalTaxCents * percent) / 100),
      payments: [
        { cents: first, declined: declined === 'all' },
        ...(first < totalCents ? [{ cents: totalCents - first, declined: true }] : []),
      ],
      lines: [{ index: 0, quantity: 1 }],
    });
  };

  const onTicket = (index: number, change: (ticketId: number) => Omit<Update, 'atMs'>): void => {
    const ticket = at(openTickets(), index);
    if (ticket) update(ticket.id, change(ticket.id));
  };

  const bringItems = async (items: readonly Item[]): Promise<void> => {
    for (const [paper, text] of papers.items.add(items)) await bring(paper, text);
  };

  const actions: { readonly [Kind in Step['do']]: (step: StepOf<Kind>) => void | Promise<void> } = {
    order: playOrder,
    ticket: playTicket,
    person: playPerson,
    refund: playRefund,
    work: ({ ticket, agent, seconds, comment, solve }) =>
      onTicket(ticket, (id) => ({
        authorId: agentOf(agent),
        values: { fields: total(totalOf(id) + seconds), ...(solve && { status: 'solved' }) },
        ...(comment && { comment: { body: 'Done.', public: comment === 'public' } }),
      })),
    reply: (step) =>
      onTicket(step.ticket, () => ({
        authorId: agentOf(step.agent),
        comment: { body: 'We look into it.', public: step.public },
      })),
    rule: ({ ticket, seconds, by }) =>
      onTicket(ticket, (id) =>
        by === 'us'
          ? { authorId: zendesk.apiUserId, values: { fields: total(totalOf(id) + seconds) } }
          : {
              authorId: agentOf(0),
              comment: { body: 'A note.', public: false },
              ruled: { title: 'Adds time', values: { fields: total(totalOf(id) + seconds) } },
            },
      ),
    bulk({ tickets: indexes, agent, total: seconds }) {
      const chosen = new Set(indexes.flatMap((index) => at(openTickets(), index)?.id ?? []));
      for (const id of chosen) update(id, { authorId: agentOf(agent), values: { fields: total(seconds) } });
    },
    merge({ ticket, into, agent }) {
      const [source, target] = [at(openTickets(), ticket), at(openTickets(), into)];
      if (source && target && source !== target)
        desk.merge(source.id, target.id, { atMs: nowMs(), authorId: agentOf(agent) });
    },
    'follow-up'({ ticket: index, via, names, order }) {
      const parent = at(tickets(), index);
      if (!parent) return;
      if (parent.status !== 'closed')
        update(parent.id, { authorId: -1, via: viaOf('rule', 'automation'), values: { status: 'closed' } });
      clock.advance(secondMs);
      desk.create({
        atMs: nowMs(),
        subject: 'Again',
        body: bodyOf({ names: names ? '#' : 'nothing', order, other: order }),
        requesterId: parent.requesterId,
        via: viaOf(via),
        brandId: parent.brandId,
        followUpOf: parent.id,
      });
    },
    status({ order: index, statusId }) {
      const order = at(orders(), index);
      if (order) shop.setStatus(order.id, statusId);
    },
    rate: (step) => bring('rates', papers.addRate(step)),
    role: ({ agent, role }) => bring('agents', papers.setRole(agent, role)),
    fx: (step) => bring('fx', papers.addFx(step, step.rate)),
    'other cost': (step) => bringItems([step]),
    benefit: (step) => bringItems([step]),
    part: (step) => bringItems([step]),
    alias: ({ of, partner }) => bring('partners', papers.addAlias(of, partner)),
    settle: () => settle(),
  };

  /** Moves the clock until everything at the vendors is read, decided, priced and tagged. */
  const settle = async (): Promise<void> => {
    // Zendesk's change feed leaves out its last minute.
    const since = new Date(clock.now().getTime() + 2 * minuteMs);
    await vi.waitUntil(
      async () => {
        const [row] = await product.db.query<{ due: bigint; deepDueAt: Date | null; read: boolean }>(
          `select (select count(*) from ticket where due_at is not null or stale_since is not null)
                  + (select count(*) from wanted_tag where state = 'pending')
                  + (select count(*) from background_job where state in ('queued', 'running')) as due,
                  (select max(deep_due_at) from ticket) as "deepDueAt",
                  (select count(*) = 3 and bool_and(coalesce((cursor->>'endedAt')::timestamptz, seen_until) > $1) from sync_cursor where stream in ('orders', 'refunds', 'tickets')) as read`,
          [since],
        );
        if (row?.due === 0n && row.read && row.deepDueAt === null && zendesk.delivery.pending === 0) return true;
        const waitMs = row?.due === 0n && row.deepDueAt ? row.deepDueAt.getTime() - nowMs() : 0;
        clock.advance(Math.max(stepMs, waitMs));
        return false;
      },
      { timeout: 60_000, interval: 15 },
    );
  };

  const play = async (step: Step): Promise<void> => {
    await (actions[step.do] as (step: Step) => void | Promise<void>)(step);
  };

  return {
    settle,
    async playAll(): Promise<void> {
      clock.advance(hourMs);
      await bringItems(story.items);
      for (const order of story.orders) await play(order);
      for (const ticket of story.tickets) {
        clock.advance(secondMs);
        await play(ticket);
      }
      for (const [afterMs, step] of story.steps) {
        clock.advance(secondMs + Math.floor(afterMs / secondMs) * secondMs);
        await play(step);
      }
      const late = story.gapsFilled ? papers.fillGaps() : null;
      if (late !== null) await bring('fx', late);
      await settle();
    },
  };
};
