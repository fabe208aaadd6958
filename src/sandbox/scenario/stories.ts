import { dayMs, hourMs, minuteMs } from '../../core/time.ts';
import type { Random } from '../random.ts';
import type { PlannedTicket, Reference, Story } from './actions.ts';
import {
  agents,
  helpdeskBrands,
  helpdeskForms,
  type Language,
  type PartnerCode,
  partnerCodes,
  partners,
  type Reason,
} from './marketplace.ts';
import { letter, phraseOf } from './texts.ts';

type Update = Story['updates'][number];

/** How long people wait: real hours over the 90 days, seconds in the live stretch that somebody watches. */
export interface Tempo {
  /** Median of an agent's and of a customer's time to answer. */
  readonly agentMs: number;
  readonly customerMs: number;
  readonly closeAfterMs: number;
  readonly officeHours: boolean;
}

const usualTempo: Tempo = {
  agentMs: 2.5 * hourMs,
  customerMs: 5 * hourMs,
  closeAfterMs: 4 * dayMs,
  officeHours: true,
};
export const liveTempo: Tempo = { agentMs: 20_000, customerMs: 15_000, closeAfterMs: 4 * dayMs, officeHours: false };

/** The next moment, at or after this one, when agents are at work: 7 to 19 h UTC. */
const atWork = (random: Random, atMs: number, tempo: Tempo): number => {
  const hour = new Date(atMs).getUTCHours();
  if (!tempo.officeHours || (hour >= 7 && hour < 19)) return atMs;
  const morning = Math.floor(atMs / dayMs) * dayMs + 7 * hourMs + (hour >= 19 ? dayMs : 0);
  return morning + random.int(0, 90) * minuteMs;
};

const agentFor = (random: Random, language: Language): number => {
  const able = agents.flatMap((agent, index) => (agent.languages.includes(language) ? [index] : []));
  return random.pick(able);
};

const seconds = (random: Random, median: number): number =>
  Math.max(20, Math.min(3 * 3600, Math.round(random.skewed(median, 0.55))));

/** What a ticket starts from. */
export interface Opening {
  readonly atMs: number;
  readonly email: string;
  readonly locale: string | null;
  readonly language: Language;
  readonly reference: Reference;
  /** The number that the text or the field names. */
  readonly number: string | null;
  readonly orderId: number | null;
  readonly partner: PartnerCode | null;
}

const channelWeights = { email: 52, web: 26, chat: 8, native_messaging: 7, voice: 4, facebook: 3 } as const;

const openTicket = (random: Random, opening: Opening, reason: Reason): Story['ticket'] => {
  const { reference, language, number } = opening;
  const inText = reference !== 'field' && number !== null;
  const desk = reference === 'unknown' ? random.weighted({ trade: 25, gulf: 15, atelier: 10, none: 50 }) : 'none';
  return {
    ...opening,
    ...letter(random, { language, reason, number: inText ? number : null }),
    channel: random.weighted(channelWeights),
    brandId: desk === 'atelier' ? helpdeskBrands.atelier : helpdeskBrands.main,
    formId: desk === 'trade' ? helpdeskForms.trade : random.chance(0.4) ? helpdeskForms.contact : null,
    tags: desk === 'gulf' ? ['gulf_desk'] : [],
    orderNumber: reference === 'field' ? number : null,
    reason,
    reasonInField: random.chance(0.82),
  } satisfies Omit<PlannedTicket, 'id' | 'followUpOf'>;
};

/** One ticket's life: answers with time, the customer's replies, solving, sometimes again, closing. */
export const tellStory = (random: Random, opening: Opening, tempo: Tempo = usualTempo): Story => {
  const seller = partners[opening.partner ?? 'direct'];
  const reason = random.weighted(seller.reasons);
  const { language } = opening;
  const agent = agentFor(random, language);
  // Some agents work where no timer runs: mobile, bulk, API.
  const timed = random.chance(0.88);
  const updates: Update[] = [];
  let atMs = opening.atMs;
  const wait = (median: number): number => {
    atMs += Math.round(Math.max(1_000, random.skewed(median, 0.8)));
    return atMs;
  };
  const work = (median = seller.updateSeconds) => (timed ? { addSeconds: seconds(random, median) } : {});
  const agentTurn = (more: Partial<Update>): void => {
    atMs = atWork(random, wait(tempo.agentMs), tempo);
    updates.push({ atMs, author: agent, ...more });
  };

  const replies = 1 + Number(random.weighted(seller.extraReplies));
  for (let reply = 1; reply <= replies; reply += 1) {
    if (random.chance(0.15)) {
      const helper = random.chance(0.5) ? agent : agentFor(random, language);
      agentTurn({
        author: helper,
        comment: { text: phraseOf(language, 'note'), public: false },
        ...work(seller.updateSeconds / 2),
      });
    }
    const last = reply === replies;
    const solves = last && random.chance(0.75);
    agentTurn({
      comment: { text: phraseOf(language, last ? 'solved' : 'reply'), public: true },
      status: solves ? 'solved' : 'pending',
      assign: reply === 1,
      ...work(),
    });
    if (!last)
      updates.push({
        atMs: wait(tempo.customerMs),
        author: 'requester',
        comment: { text: phraseOf(language, 'thanks'), public: true },
        status: 'open',
      });
    if (last && !solves) agentTurn({ status: 'solved', ...work(60) });
  }
  if (timed && random.chance(0.035)) agentTurn({ addSeconds: -random.int(1, 5) * 60 });
  if (tempo.officeHours && random.chance(0.06)) {
    updates.push({
      atMs: wait(30 * hourMs),
      author: 'requester',
      comment: { text: phraseOf(language, 'again'), public: true },
      status: 'open',
    });
    agentTurn({ comment: { text: phraseOf(language, 'solved'), public: true }, status: 'solved', ...work() });
  }
  if (random.chance(opening.reference === 'unknown' ? 0.3 : 0.01)) {
    const partner = random.pick(partnerCodes);
    agentTurn({ names: { partner, by: random.chance(0.6) ? 'tag' : 'field' } });
  }
  const solvedAtMs = updates.findLast(({ status }) => status === 'solved')?.atMs ?? atMs;
  const closedAtMs = atMs + tempo.closeAfterMs;
  updates.push({ atMs: closedAtMs, author: 'automation', status: 'closed' });
  return {
    ticket: openTicket(random, opening, reason),
    updates,
    agent,
    solvedAtMs,
    closedAtMs,
    deletedAtMs: null,
    mergeInto: null,
    followUpOf: null,
  };
};

/** A second ticket of the same customer about the same thing, which an agent closes into the first. */
export const tellMerged = (random: Random, target: Story): Story => {
  const { ticket, agent } = target;
  const atMs = ticket.atMs + random.int(10, 90) * minuteMs;
  const mergedAtMs = atWork(random, atMs + random.int(20, 120) * minuteMs, usualTempo);
  return {
    ...target,
    ticket: { ...ticket, atMs, subject: `${ticket.subject} (2)`, orderNumber: null, reference: 'address' },
    updates: [
      {
        atMs: mergedAtMs - minuteMs,
        author: agent,
        comment: { text: phraseOf(ticket.language, 'note'), public: false },
        addSeconds: random.int(20, 90),
        assign: true,
      },
    ],
    solvedAtMs: mergedAtMs,
    closedAtMs: mergedAtMs,
    mergeInto: { story: target, atMs: mergedAtMs },
  };
};

/** A new ticket that follows up a closed one: the helpdesk copies the fields, the total of seconds included. */
export const tellFollowUp = (random: Random, parent: Story): Story => {
  const { email, locale, language, partner, orderId } = parent.ticket;
  const atMs = parent.closedAtMs + random.int(6, 72) * hourMs;
  const story = tellStory(random, {
    atMs,
    email,
    locale,
    language,
    partner,
    orderId,
    reference: 'address',
    number: null,
  });
  return { ...story, ticket: { ...story.ticket, channel: 'web', formId: null }, followUpOf: parent };
};
