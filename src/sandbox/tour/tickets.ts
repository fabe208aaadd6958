import { dayMs, hourMs } from '../../core/time.ts';
import type { LineInput } from '../bigcommerce/model.ts';
import { helpdeskForms } from '../scenario/marketplace.ts';
import type { Ticket } from '../zendesk/model.ts';
import type { People, TourStage } from './people.ts';

/** The tickets that are worth a look, by what is to be seen beside them. */
export const tourTickets = [
  'attributed',
  'direct',
  'split',
  'recentOrders',
  'rule',
  'corrected',
  'fewRatings',
  'region',
  'unattributed',
  'solved',
  'closed',
  'unknown',
] as const;
export type TourTicket = (typeof tourTickets)[number];

/** Ids of the ticket fields by which agents say partner and reason. */
export interface MappedFields {
  readonly partner: number;
  readonly reason: number;
}

const words: Readonly<Record<TourTicket, string>> = {
  attributed: 'by the order number in the text',
  direct: 'Direct: bought from us',
  split: 'one order, several partners',
  recentOrders: 'by the recent orders of the customer',
  rule: 'by a rule: the form for traders',
  corrected: 'an agent chose the partner',
  fewRatings: 'a partner with few ratings',
  region: 'a region alone',
  unattributed: 'nobody knows whose',
  solved: 'solved',
  closed: 'closed: takes no correction',
  unknown: 'not known yet: its webhook was lost',
};

const line = (name: string, brand: string, priceCents: number): LineInput => ({
  sku: `HD-${name.length}`,
  name,
  brand,
  priceCents,
  quantity: 1,
});

/** Something that happens while no webhook is sent, as when the vendor's own sending fails. */
const unheard = <Result>({ zendesk }: TourStage, work: () => Result): Result => {
  const { webhooks, change } = zendesk.registry;
  const active = [...webhooks.values()].filter(({ status }) => status === 'active');
  for (const { id } of active) change(id, { status: 'inactive' });
  try {
    return work();
  } finally {
    for (const { id } of active) change(id, { status: 'active' });
  }
};

/** Orders and refunds of the customers of the tour, some weeks before `atMs`; `playTour` goes on with them. */
export const playTourOrders = (people: People, shop: TourStage['shop'], atMs: number) => {
  const ago = (days: number): number => atMs - days * dayMs;
  const eva = people.shopper('Eva Lindqvist', 'SE');
  const first = people.order(eva, { partner: 'nordhem', atMs: ago(40), statusId: 10 });
  const second = people.order(eva, { partner: 'nordhem', atMs: ago(9) });
  shop.refund(first.id, {
    reason: 'Returned',
    totalCents: 2500,
    taxCents: 500,
    payments: [{ cents: 2500, declined: false }],
    lines: [{ index: 0, quantity: 1 }],
  });
  const sam = people.shopper('Sam Porter', 'US');
  const own = people.order(sam, { partner: 'direct', atMs: ago(5) });
  const jonas = people.shopper('Jonas Weber', 'DE');
  const mixed = people.order(jonas, {
    partner: 'direct',
    atMs: ago(6),
    lines: [line('Walnut stool', 'Alpenhaus Werkstatt', 12_000), line('Glass carafe', 'Lumiere Atelier', 8000)],
  });
  const claire = people.shopper('Claire Dubois', 'FR');
  people.order(claire, { partner: 'lumiere', atMs: ago(12) });
  const anna = people.shopper('Anna Huber', 'AT');
  const alpine = people.order(anna, { partner: 'alpenhaus', atMs: ago(7) });
  const omar = people.shopper('Omar Haddad', 'AE');
  const gulf = people.order(omar, { partner: 'oasis', atMs: ago(15) });
  return { eva, second, sam, own, jonas, mixed, claire, anna, alpine, omar, gulf };
};

/** The tickets themselves, as they are written and worked on in the hours before `atMs`; each is pointed at in the workspace. */
export const playTour = (
  stage: TourStage,
  {
    people,
    customers,
    mapped,
    atMs,
  }: { people: People; customers: ReturnType<typeof playTourOrders>; mapped: MappedFields; atMs: number },
): ReadonlyMap<TourTicket, number> => {
  const { zendesk } = stage;
  const { desk, workspace } = zendesk;
  const { eva, second, sam, own, jonas, mixed, claire, anna, alpine, omar, gulf } = customers;
  const ids = new Map<TourTicket, number>();
  const ago = (hours: number): number => atMs - hours * hourMs;
  const point = (which: TourTicket, { id }: Ticket): number => {
    ids.set(which, id);
    workspace.point(id, words[which]);
    return id;
  };

  const attributed = point(
    'attributed',
    people.write(eva, {
      atMs: ago(20),
      subject: `Sidobordet är repat - order ${second.id}`,
      body: `Hej! Bordet från order ${second.id} kom fram med en djup repa. Kan jag få ett nytt?\nEva`,
    }),
  );
  people.work(attributed, {
    agent: 0,
    atMs: ago(19),
    seconds: 540,
    says: 'Hej Eva, vi kontrollerar med lagret.',
    sets: { field: mapped.reason, code: 'damage' },
  });
  people.work(attributed, {
    agent: 1,
    atMs: ago(4),
    seconds: 300,
    note: 'A new one is at the warehouse in Gothenburg.',
  });

  const direct = point(
    'direct',
    people.write(sam, {
      atMs: ago(6),
      subject: 'Change of address',
      body: 'Hi, could you send it to my office instead? Sam',
      orderNumber: own.id,
    }),
  );
  people.work(direct, {
    agent: 8,
    atMs: ago(5),
    seconds: 150,
    says: 'Of course: which address is it?',
    status: 'pending',
  });

  const split = point(
    'split',
    people.write(jonas, {
      atMs: ago(9),
      subject: `Bestellung ${mixed.id}: beides beschädigt`,
      body: `Guten Tag, Hocker und Karaffe aus der Bestellung ${mixed.id} sind beide beschädigt.`,
    }),
  );
  people.work(split, { agent: 2, atMs: ago(8), seconds: 420, says: 'Das tut uns leid. Haben Sie ein Foto?' });

  point(
    'recentOrders',
    people.write(claire, { atMs: ago(3), subject: 'Où est mon colis ?', body: 'Bonjour, je ne vois rien arriver.' }),
  );

  point(
    'rule',
    people.write(people.shopper('Harper Fields', 'GB'), {
      atMs: ago(7),
      subject: 'Trade account',
      body: 'We would like to order for our showroom.',
      formId: helpdeskForms.trade,
    }),
  );

  const corrected = point(
    'corrected',
    people.write(people.shopper('Marta Ruiz', 'ES'), {
      atMs: ago(11),
      subject: 'Una pregunta',
      body: 'Hola, lo compré en una tienda de ustedes.',
    }),
  );
  people.work(corrected, {
    agent: 5,
    atMs: ago(10),
    seconds: 260,
    says: 'Hola Marta, lo miramos.',
    sets: { field: mapped.partner, code: 'sudcasa' },
  });
  const few = point(
    'fewRatings',
    people.write(anna, {
      atMs: ago(2),
      subject: 'Rechnung',
      body: `Grüß Gott, bitte schicken Sie mir die Rechnung zur Bestellung ${alpine.id}.`,
    }),
  );
  people.work(few, { agent: 3, atMs: ago(1), seconds: 120, says: 'Gerne, sie ist unterwegs.', status: 'pending' });

  point(
    'region',
    people.write(people.shopper('Layla Aziz', 'AE'), {
      atMs: ago(5),
      subject: 'سؤال عن التوصيل',
      body: 'مرحبا، هل توصلون إلى دبي؟',
      tags: ['gulf_desk'],
    }),
  );

  point(
    'unattributed',
    people.write(people.shopper('Robin Vale', 'GB'), {
      atMs: ago(1),
      subject: 'Do you ship to Malta?',
      body: 'Hello, I have not bought anything yet.',
    }),
  );

  const solved = point(
    'solved',
    people.write(omar, {
      atMs: ago(23),
      subject: `Order ${gulf.id}: paid twice?`,
      body: `Hello, I think that I paid order ${gulf.id} twice.`,
    }),
  );
  people.work(solved, {
    agent: 9,
    atMs: ago(22),
    seconds: 480,
    says: 'The second one was never taken.',
    status: 'solved',
  });

  const closed = point(
    'closed',
    people.write(eva, { atMs: ago(22), subject: 'Tack', body: `Tack för hjälpen med ${second.id}!` }),
  );
  people.work(closed, { agent: 0, atMs: ago(21), seconds: 60, note: 'A thank you.', status: 'solved' });
  desk.update(closed, { atMs: ago(20), authorId: -1, values: { status: 'closed' } });

  return ids;
};

/** A ticket of which the product hears nothing before it walks the changes: within some minutes. */
export const playUnheard = (
  stage: TourStage,
  people: People,
  { sam }: ReturnType<typeof playTourOrders>,
  atMs: number,
) => {
  const { id } = unheard(stage, () =>
    people.write(sam, { atMs, subject: 'One more thing', body: 'When does it arrive?' }),
  );
  stage.zendesk.workspace.point(id, words.unknown);
  return id;
};
