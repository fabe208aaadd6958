// @ts-check
import { el } from './dom.js';
import { evidenceLines, methodWords, shareWords } from './evidence.js';
import { dash, duration, exact, fraction, moment, price } from './format.js';
import { bearerName } from './names.js';

/** @import { Posting, Ticket, Wage, WorkEntry } from './api-types.d.ts' */

/** @typedef {{ timeZone: string, currency: string }} Ground what amounts and times are told in */

/** @param {string} title @param {...(Node | string | null)} children */
const part = (title, ...children) => el('section', { class: 'part' }, el('h3', {}, title), ...children);

/** @param {readonly string[]} texts */
const lineList = (texts) => (texts.length === 0 ? null : el('ul', {}, ...texts.map((text) => el('li', {}, text))));

/** @param {readonly [string, string][]} pairs */
const facts = (pairs) =>
  el('dl', {}, ...pairs.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));

/** "600 s x 30.00 USD / 3600 = 5.00 USD" @param {Posting} posting @param {Ground} ground */
const formula = ({ seconds, rate, fx, cost }, { currency }) => {
  if (!rate || !cost) return `${seconds} s (amounts need the permission "rates")`;
  const converted = fx && rate.hourly.currency !== currency ? ` x ${fraction(fx.numerator, fx.denominator)}` : '';
  return `${seconds} s x ${exact(rate.hourly)} / 3600${converted} = ${exact(cost)}`;
};

/** @type {Record<string, string>} */
const causes = {
  work: 'work done',
  correction: 'correction of the time',
  reattribution: 'attribution changed',
  rate: 'rate or exchange rate changed',
  role: 'role of the agent changed',
  'estimate replaced': 'measured time replaced the estimate',
  hold: 'held for a decision',
  decision: 'a person decided',
  rebase: 'reporting currency or time zone changed',
};

/** What the rate is made of, where it is a wage. @param {Wage | undefined} wage */
const wageWords = (wage) => {
  if (!wage) return '';
  const { burden, shrinkage, occupancy } = wage;
  const factors = Object.entries({ burden, shrinkage, occupancy }).flatMap(([name, part]) =>
    part === null ? [] : [`${name} ${Number((part * 100).toFixed(4))} %`],
  );
  const applied = { given: 'none of them applied', direct: 'the burden applied', absorbed: 'all of them applied' };
  return ` A wage of ${exact(wage.hourly)} with ${factors.join(', ')}; ${applied[wage.applied]}.`;
};

/** @param {Posting} posting @param {Ground} ground */
const provenance = ({ rate, fx }, { currency, timeZone: _zone }) => {
  if (!rate) return '';
  const own = `Rate of ${rate.scope}${rate.key === '' ? '' : ` ${rate.key}`}: ${exact(rate.hourly)} an hour, valid from ${rate.validFrom}.${wageWords(rate.wage)}`;
  if (!fx || fx.date === null || rate.hourly.currency === currency) return `${own} No conversion.`;
  return `${own} 1 ${rate.hourly.currency} = ${fraction(fx.numerator, fx.denominator)} ${currency}, ECB rates of ${fx.date}.`;
};

/** @param {Posting} posting @param {Ground} ground */
const postingItem = (posting, ground) =>
  el(
    'li',
    { class: posting.reverses === null ? null : 'reversal' },
    el(
      'p',
      {},
      el('strong', {}, bearerName(posting)),
      posting.reverses === null ? '' : ' (taken back)',
      ': ',
      el('span', { class: 'formula' }, formula(posting, ground)),
    ),
    el(
      'p',
      { class: 'soft small' },
      provenance(posting, ground),
      ` Posted ${moment(posting.postedAt, ground.timeZone)}: ${causes[posting.cause] ?? posting.cause}.`,
    ),
  );

/** @param {string} actor */
const keptBecause = (actor) =>
  actor === 'agent'
    ? 'Kept, not costed: another clock counts for this agent.'
    : actor === 'ai_agent'
      ? "Kept, not costed: an AI agent's."
      : "Kept, not costed: no agent's work.";

/**
 * @param {string} timeZone @param {string} what @param {string | null} decision @param {string | null} by @param {string | null} at
 * @returns {string[]}
 */
const decidedLines = (timeZone, what, decision, by, at) =>
  decision === null
    ? []
    : [`${by ?? 'A person'} decided${what}${at === null ? '' : ` on ${moment(at, timeZone)}`}: ${decision}.`];

/** Why an entry costs nothing, or less than its time. @param {WorkEntry} entry @param {string} timeZone */
const remarks = (entry, timeZone) => [
  ...(entry.state === 'held'
    ? ['Held: the same total was set on several tickets at once; it costs nothing until a person decides.']
    : []),
  ...decidedLines(timeZone, '', entry.decision, entry.decidedBy, entry.decidedAt),
  ...decidedLines(timeZone, ' on what lay above the cap', entry.capDecision, entry.capDecidedBy, entry.capDecidedAt),
  ...(entry.state === 'kept' ? [keptBecause(entry.actor)] : []),
  ...(entry.state === 'replaced' ? ['Replaced: measured time arrived.'] : []),
  ...(entry.unpriced === null
    ? []
    : [`Not priced yet: ${entry.unpriced === 'no fx' ? 'no exchange rate' : entry.unpriced}.`]),
  ...(entry.cappedSeconds > 0 ? [`${entry.cappedSeconds} s are above the cap and cost nothing.`] : []),
  ...(entry.untakenSeconds > 0 ? [`${entry.untakenSeconds} s of this correction found nothing to take back.`] : []),
];

/** @param {number} seconds */
const secondsCell = (seconds) => el('td', { class: 'number', title: `${seconds} s` }, `${seconds}`);

/** @param {WorkEntry} entry @param {Ground} ground */
const entryRows = (entry, ground) => {
  const agent = entry.agentName ?? (entry.agent === null ? 'nobody' : `agent ${entry.agent}`);
  const notes = remarks(entry, ground.timeZone);
  return [
    el(
      'tr',
      { class: 'entry' },
      el(
        'th',
        { scope: 'row' },
        agent,
        el(
          'span',
          { class: 'soft small' },
          [entry.role, moment(entry.workedAt, ground.timeZone)].filter(Boolean).join(', '),
        ),
      ),
      el('td', {}, entry.clock, el('span', { class: 'soft small' }, entry.measured ? 'measured' : 'estimated')),
      secondsCell(entry.rawSeconds),
      secondsCell(entry.costedSeconds),
      secondsCell(entry.cappedSeconds),
    ),
    ...(notes.length + entry.postings.length === 0
      ? []
      : [
          el(
            'tr',
            { class: 'postings' },
            el(
              'td',
              { colspan: 5 },
              lineList(notes),
              el('ul', { class: 'posting-list' }, ...entry.postings.map((posting) => postingItem(posting, ground))),
            ),
          ),
        ]),
  ];
};

/** @param {readonly WorkEntry[]} work @param {Ground} ground */
const workTable = (work, ground) =>
  work.length === 0
    ? el('p', {}, 'No work is known yet.')
    : el(
        'div',
        { class: 'scroller', role: 'region', 'aria-label': 'Work and postings', tabindex: '0' },
        el(
          'table',
          { class: 'work' },
          el('caption', { class: 'unseen' }, 'Work entries in seconds; under each its postings'),
          el(
            'thead',
            {},
            el(
              'tr',
              {},
              ...['Agent, when', 'Clock', 'Raw s', 'Costed s', 'Capped s'].map((label, index) =>
                el('th', { scope: 'col', class: index > 1 ? 'number' : null }, label),
              ),
            ),
          ),
          el('tbody', {}, ...work.flatMap((entry) => entryRows(entry, ground))),
        ),
      );

/** @type {Record<string, string>} */
const tagStates = {
  pending: 'waiting to be written',
  done: 'written',
  observed: 'not written: the connection only observes',
  refused: 'refused by the helpdesk',
  doubt: 'sent, the answer was lost',
  failed: 'failed',
};

/** @param {Ticket['survey']} survey @param {string} timeZone */
const surveyWords = (survey, timeZone) => {
  if (survey === null) return 'Nobody was asked.';
  const sent = survey.sentAt === null ? `Invitation ${survey.state}` : `Asked on ${moment(survey.sentAt, timeZone)}`;
  const answer =
    survey.score === null ? 'no answer yet' : `answered ${survey.score} of 5 on ${moment(survey.givenAt, timeZone)}`;
  return `${sent}, in language ${survey.language}; ${answer}.`;
};

/** "Why this number": all that a ticket's cost is made of. @param {Ticket} ticket @param {Ground} ground */
export const ticketView = (ticket, ground) => {
  const { attribution, timeZone } = { ...ticket, ...ground };
  return el(
    'div',
    { class: 'ticket-view' },
    el(
      'p',
      { class: 'lead', title: ticket.supportCost === null ? null : exact(ticket.supportCost) },
      ticket.supportCost === null ? 'Cost not shown' : price(ticket.supportCost),
      el('span', { class: 'soft small' }, ` ${ticket.costIs}, for ${duration(ticket.handledSeconds)} of work`),
    ),
    facts([
      ['Created', moment(ticket.createdAt, timeZone)],
      ['Solved', moment(ticket.solvedAt, timeZone)],
      ['Status', ticket.status ?? dash],
      ['Channel', ticket.channel ?? dash],
      ['Language', ticket.language ?? dash],
      ['Reason', ticket.reason ?? dash],
    ]),
    part(
      'Whose ticket',
      el('p', {}, el('strong', {}, shareWords(attribution.shares))),
      el(
        'p',
        {},
        `${methodWords(attribution.method)}${attribution.confidence === null || attribution.confidence === 'none' ? '' : ` (${attribution.method}, confidence ${attribution.confidence})`}.`,
      ),
      lineList(evidenceLines(attribution, timeZone)),
    ),
    part('Work and cost', workTable(ticket.work, ground)),
    part(
      'Tags',
      lineList(
        ticket.tags.map(
          ({ tag, wanted, state, error }) =>
            `${tag}: ${wanted ? 'to carry' : 'to take away'}, ${tagStates[state] ?? state}${error === null ? '' : ` (${error})`}`,
        ),
      ) ?? el('p', {}, 'None.'),
    ),
    part('Survey', el('p', {}, surveyWords(ticket.survey, timeZone))),
    part(
      'History of the attribution',
      el(
        'ol',
        {},
        ...ticket.history.map((decision) => {
          const { version, decidedAt, shares, method, confidence } = decision;
          return el(
            'li',
            { value: version },
            `${moment(decidedAt, timeZone)}: ${shareWords(shares)} by ${method}${confidence === 'none' ? '' : `, ${confidence}`}`,
            lineList(version === attribution.version ? [] : evidenceLines(decision, timeZone)),
          );
        }),
      ),
    ),
  );
};
