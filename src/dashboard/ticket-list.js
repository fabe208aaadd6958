// @ts-check
import { getTickets } from './api.js';
import { el, keyedList, setAttribute, setText, show } from './dom.js';
import { amount, count, dash, duration, exact, micros, moment, moneyOf, number, price } from './format.js';

/** @import { Row, TicketItem } from './api-types.d.ts' */

/** Tickets per page; a refresh reads again what is shown, up to the most the server gives at once. */
const pageSize = 100;
const mostAtOnce = 500;

/** @typedef {{ cell: { partner?: string, region?: string }, from: string, to: string }} Asked */

/**
 * The tickets behind one row of the report, page by page, with the part of their cost that lies in it.
 * @param {{ open: (ticketId: string) => void, failed: (error: unknown) => void, timeZone: () => string }} options
 */
export const createTicketList = ({ open, failed, timeZone }) => {
  /** @type {Asked | null} */
  let asked = null;
  /** @type {TicketItem[]} */
  let items = [];
  /** @type {string | null} */
  let next = null;
  let loading = false;
  /** @type {Row | undefined} */
  let row;

  const makeRow = () => {
    const button = el('button', { type: 'button', class: 'link' });
    const cells = Array.from({ length: 6 }, () => el('td'));
    const [cost, time, created, reason, language, method] = cells;
    for (const cell of [time, cost]) cell?.classList.add('number');
    let id = '';
    button.addEventListener('click', () => open(id));
    return {
      node: el('tr', {}, el('th', { scope: 'row' }, button), ...cells),
      /** @param {TicketItem} item */
      update(item) {
        id = item.id;
        setText(button, item.externalId);
        setAttribute(button, 'title', `${item.connection}, ${item.status ?? 'status unknown'}`);
        const texts = [
          [created, moment(item.createdAt, timeZone())],
          [language, item.language ?? dash],
          [reason, item.reason ?? dash],
          [method, item.method === null ? dash : `${item.method} (${item.confidence})`],
          [time, duration(item.handledSeconds)],
          [cost, amount(item.supportCost)],
        ];
        for (const [cell, text] of /** @type {[HTMLElement, string][]} */ (texts)) setText(cell, text);
        if (time) setAttribute(time, 'title', `${item.handledSeconds} s`);
        const part = item.cellPpm < 1_000_000 ? `, ${item.cellPpm / 10_000} % of the ticket is this row's` : '';
        if (cost) setAttribute(cost, 'title', item.supportCost === null ? null : `${exact(item.supportCost)}${part}`);
      },
    };
  };

  const body = el('tbody');
  const rows = keyedList(body, { key: (/** @type {TicketItem} */ { id }) => id, make: makeRow });
  // What the row is about comes first: on a phone the rest is a scroll away.
  const head = ['Ticket', 'Cost', 'Time', 'Created', 'Reason', 'Language', 'Attributed by'].map((label, index) =>
    el('th', { scope: 'col', class: index === 1 || index === 2 ? 'number' : null }, label),
  );
  const scroller = el(
    'div',
    { class: 'scroller', role: 'region', 'aria-label': 'Tickets', tabindex: '0' },
    el(
      'table',
      { class: 'tickets' },
      el('caption', { class: 'unseen' }, 'Tickets of this row, newest first'),
      el('thead', {}, el('tr', {}, ...head)),
      body,
    ),
  );
  const sum = el('p', { class: 'sum' });
  const more = el('button', { type: 'button', class: 'quiet', hidden: true }, 'Show more');
  const empty = el('p', { hidden: true }, 'No ticket of this period is in this row.');
  const wait = el('div', { class: 'skeleton', 'aria-hidden': 'true' }, ...Array.from({ length: 5 }, () => el('span')));

  const sumWords = () => {
    if (items.length === 0 || !row) return '';
    const known = row.supportCost !== null && items.every(({ supportCost }) => supportCost !== null);
    const tickets = `${number(items.length)} ${items.length === 1 ? 'ticket' : 'tickets'}`;
    const told = row.supportCost ?? row.netRevenue ?? items.find(({ supportCost }) => supportCost)?.supportCost;
    if (!told) return `${tickets}; their cost is not shown, for too few agents worked on them.`;
    const together = moneyOf(
      items.reduce((all, { supportCost }) => all + (supportCost === null ? 0n : micros(supportCost.amount)), 0n),
      told.currency,
    );
    if (next !== null) return `${tickets} shown so far, together ${price(together)}.`;
    if (row.supportCost === null || !known)
      return `${tickets}; the cost of some is not shown, for too few agents worked on them.`;
    // Equal to the last micro; where they differ, it may be by less than a cent.
    const [shown, whole] = [exact(together), exact(row.supportCost)];
    return shown === whole
      ? `${tickets} add up to ${price(together)}, the cost of this row.`
      : `${tickets} add up to ${shown}; the row says ${whole} and is being brought up to date.`;
  };

  const render = () => {
    rows.update(items);
    show(more, next !== null);
    show(wait, loading && items.length === 0);
    show(scroller, items.length > 0);
    show(empty, !loading && items.length === 0);
    setText(sum, sumWords());
  };

  /** @param {Asked} what @param {number} limit @param {string} [after] */
  const read = async ({ cell, from, to }, limit, after) => getTickets({ ...cell, from, to, limit, after });

  /** Reads again as many tickets as are shown. @param {Asked} what */
  const reload = async (what) => {
    if (loading) return;
    loading = true;
    render();
    try {
      const wanted = items.length;
      /** @type {TicketItem[]} */
      const fresh = [];
      /** @type {string | null} */
      let after = null;
      do {
        const page = await read(
          what,
          Math.min(Math.max(wanted - fresh.length, pageSize), mostAtOnce),
          after ?? undefined,
        );
        fresh.push(...page.items);
        after = page.next;
      } while (after !== null && fresh.length < wanted);
      if (asked === what) [items, next] = [fresh, after];
    } catch (error) {
      if (asked === what) failed(error);
    } finally {
      loading = false;
      render();
    }
    if (asked !== what && asked !== null) await reload(asked);
  };

  more.addEventListener('click', async () => {
    const what = asked;
    if (!what || next === null || loading) return;
    loading = true;
    setAttribute(more, 'aria-busy', 'true');
    try {
      const page = await read(what, pageSize, next);
      if (asked === what) [items, next] = [[...items, ...page.items], page.next];
    } catch (error) {
      failed(error);
    } finally {
      loading = false;
      setAttribute(more, 'aria-busy', null);
      render();
    }
  });

  return {
    node: el('section', { class: 'ticket-list' }, wait, sum, scroller, empty, more),
    /** Shows the tickets of a cell; the same cell again is brought up to date only where its row changed. @param {Asked} what @param {Row | undefined} of */
    show(what, of) {
      const same = asked !== null && JSON.stringify(asked) === JSON.stringify(what);
      const changed = row?.supportCost?.amount !== of?.supportCost?.amount || row?.tickets !== of?.tickets;
      row = of;
      if (same && !changed) return;
      const shifted = asked !== null && JSON.stringify(asked.cell) === JSON.stringify(what.cell);
      asked = what;
      if (!same && !shifted) [items, next] = [[], null];
      render();
      void reload(what);
    },
    /** @param {string} ticketId */
    focusTicket: (ticketId) => rows.find(ticketId)?.querySelector('button')?.focus(),
    summary: () =>
      row
        ? `${count(row.tickets)} tickets created, ${count(row.ticketsWorked)} worked, cost ${price(row.supportCost)}`
        : '',
  };
};
