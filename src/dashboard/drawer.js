// @ts-check
import { getTicket } from './api.js';
import { el, setText, show } from './dom.js';
import { partnerName, regionName } from './names.js';
import { rowOfCell } from './report-table.js';
import { createTicketList } from './ticket-list.js';
import { ticketView } from './ticket-view.js';

/** @import { Basis, Report } from './api-types.d.ts' */
/** @import { Choices } from './choices.js' */

/** @param {{ partner?: string, region?: string }} cell */
const cellName = ({ partner, region }) => {
  const parts = [
    ...(partner === undefined ? [] : [partnerName(partner === 'none' ? null : partner).name]),
    ...(region === undefined ? [] : [regionName(region === 'none' ? null : region).name]),
  ];
  return parts.length === 0 ? 'All tickets' : parts.join(', ');
};

/**
 * Beside the table: the tickets of the opened row, and one ticket with everything its cost is made of.
 * @param {{ basis: () => Basis, change: (next: Partial<Choices>) => void, failed: (error: unknown) => void }} options
 */
export const createDrawer = ({ basis, change, failed }) => {
  const title = el('h2', { id: 'drawer-title', tabindex: '-1' });
  const summary = el('p', { class: 'soft' });
  const back = el('button', { type: 'button', class: 'quiet', hidden: true }, 'Back to the list');
  const again = el('button', { type: 'button', class: 'quiet', hidden: true }, 'Load again');
  const close = el('button', { type: 'button', class: 'quiet' }, 'Close');
  const fault = el('p', { class: 'notice bad', role: 'alert', hidden: true });
  const detail = el('div', { class: 'detail' });
  const list = createTicketList({
    open: (ticket) => change({ ticket }),
    failed: (error) => tell(error),
    timeZone: () => basis().timeZone,
  });
  const node = el(
    'dialog',
    { class: 'drawer', 'aria-labelledby': 'drawer-title' },
    el(
      'header',
      {},
      el('div', { class: 'titles' }, title, summary),
      el('div', { class: 'actions' }, back, again, close),
    ),
    el('div', { class: 'drawer-body' }, fault, list.node, detail),
  );

  /** @type {string | null} */
  let shownTicket = null;

  /** @param {unknown} error */
  const tell = (error) => {
    setText(fault, error instanceof Error ? error.message : 'Something went wrong.');
    show(fault, true);
    failed(error);
  };

  /** @param {string} id */
  const loadTicket = async (id) => {
    show(fault, false);
    detail.setAttribute('aria-busy', 'true');
    try {
      const ticket = await getTicket(id);
      if (shownTicket !== id) return;
      setText(title, `Ticket ${ticket.externalId}: why this number`);
      setText(summary, ticket.connection);
      detail.replaceChildren(ticketView(ticket, basis()));
    } catch (error) {
      if (shownTicket === id) tell(error);
    } finally {
      detail.removeAttribute('aria-busy');
    }
  };

  close.addEventListener('click', () => change({ cell: null, ticket: null }));
  back.addEventListener('click', () => change({ ticket: null }));
  again.addEventListener('click', () => {
    if (shownTicket !== null) void loadTicket(shownTicket);
  });
  // Escape closes by way of the address, so that the back button knows.
  node.addEventListener('cancel', (event) => {
    event.preventDefault();
    change({ cell: null, ticket: null });
  });
  node.addEventListener('click', (event) => {
    if (event.target === node) change({ cell: null, ticket: null });
  });

  return {
    node,
    /** @param {Choices} choices @param {Report | null} report @param {{ from: string, to: string }} period */
    update({ cell, ticket }, report, period) {
      if (cell === null && ticket === null) {
        shownTicket = null;
        if (node.open) node.close();
        return;
      }
      if (!node.open) {
        show(fault, false);
        node.showModal();
      }
      show(list.node, ticket === null);
      show(detail, ticket !== null);
      show(again, ticket !== null);
      show(back, ticket !== null && cell !== null);
      const row = cell === null || report === null ? undefined : rowOfCell(cell, report);
      if (cell !== null && report !== null) list.show({ cell, ...period }, row);
      if (ticket === null && cell !== null) {
        const left = shownTicket;
        shownTicket = null;
        setText(title, cellName(cell));
        setText(summary, list.summary());
        if (left !== null) list.focusTicket(left);
      } else if (ticket !== null && ticket !== shownTicket) {
        shownTicket = ticket;
        detail.replaceChildren(
          el('div', { class: 'skeleton', 'aria-hidden': 'true' }, el('span'), el('span'), el('span')),
        );
        setText(title, 'Why this number');
        setText(summary, '');
        title.focus({ preventScroll: true });
        void loadTicket(ticket);
      }
    },
  };
};
