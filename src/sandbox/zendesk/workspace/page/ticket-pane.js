import { config, readJson } from './account.js';
import { el, notify } from './dom.js';
import { tellAll } from './frames.js';
import { request } from './request.js';

/**
 * @typedef {import('./account.js').Ticket} Ticket
 * @typedef {import('./account.js').Field} Field
 * @typedef {HTMLInputElement | HTMLSelectElement} Input
 */

const customField = /^ticket\.customField:custom_field_(\d+)$/;

/** @param {Field} field */
const inputOf = ({ id, title, options }) => {
  const attributes = { name: `field-${id}`, 'aria-label': title };
  if (!options) return el('input', { ...attributes, type: 'text', autocomplete: 'off' });
  const choices = [{ value: '', name: '-' }, ...options];
  return el('select', attributes, ...choices.map(({ value, name }) => el('option', { value }, name)));
};

/** @param {unknown} value */
const shown = (value) =>
  value === null || value === '' ? 'nothing' : Array.isArray(value) ? value.join(' ') : String(value);

/** @param {string} at */
const timeOf = (at) =>
  new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

/**
 * A ticket's form, its conversation and who changed what; without an id the form of a new one.
 * @param {number | null} ticketId
 * @param {(id: number) => void} onMade
 */
export const createTicketPane = (ticketId, onMade) => {
  /** @type {Ticket | null} */
  let ticket = null;
  /** What the agent changed in the form and has not saved. */
  const edited = new Set();
  /** @type {Map<string, Input>} */
  const inputs = new Map(config.fields.map((field) => [String(field.id), inputOf(field)]));
  const heading = el('h1', { dir: 'auto' }, ticketId === null ? 'New ticket' : `#${ticketId}`);
  const head = el('p', { class: 'head' });
  const talk = el('div', { class: 'talk' });
  const events = el('ul', { class: 'events', 'aria-label': 'Events' });
  const subject = el('input', { name: 'subject', 'aria-label': 'Subject', type: 'text' });
  const email = el('input', { name: 'requester', 'aria-label': "Requester's address", type: 'email' });
  const comment = el('textarea', { name: 'comment', 'aria-label': 'Reply', rows: 4 });
  const submit = el('button', { type: 'button', class: 'submit', onclick: () => void save() }, 'Submit');

  for (const [id, input] of inputs)
    input.addEventListener('input', () => {
      edited.add(id);
      tellAll(`ticket.custom_field_${id}.changed`, input.value);
    });

  const showTicket = () => {
    if (!ticket) return;
    heading.textContent = ticket.subject;
    head.textContent = `#${ticket.id} · ${ticket.status} · ${ticket.requester.name} · ${ticket.assignee?.name ?? 'nobody'}`;
    for (const [id, input] of inputs) if (!edited.has(id)) input.value = ticket.fields[id] ?? '';
    talk.replaceChildren(
      ...ticket.comments.map(({ author, isStaff, isPublic, at, body }) =>
        el(
          'article',
          { class: `${isStaff ? 'staff' : 'customer'} ${isPublic ? '' : 'internal'}` },
          el('h2', {}, author, el('time', {}, timeOf(at))),
          el('p', { dir: 'auto' }, body),
        ),
      ),
    );
    events.replaceChildren(
      ...ticket.events.map(({ author, at, changes }) =>
        el(
          'li',
          {},
          el('strong', {}, author),
          ` ${timeOf(at)}: `,
          changes.map(({ what, from, to }) => `${what} ${shown(from)} → ${shown(to)}`).join('; '),
        ),
      ),
    );
  };

  const refresh = async () => {
    if (ticketId === null) return;
    const before = ticket?.status;
    ticket = await readJson(`/agent/data/tickets/${ticketId}`);
    showTicket();
    if (before !== undefined && before !== ticket?.status) tellAll('ticket.status.changed', ticket?.status);
  };

  const save = async () => {
    const custom_fields = [...edited].map((id) => ({ id: Number(id), value: inputs.get(id)?.value || null }));
    const data = JSON.stringify({
      ticket: {
        custom_fields,
        ...(comment.value.trim() !== '' && { comment: { body: comment.value } }),
        ...(ticketId === null && { subject: subject.value, requester: { email: email.value } }),
      },
    });
    const { ok, args } = await request({
      url: ticketId === null ? '/api/v2/tickets.json' : `/api/v2/tickets/${ticketId}.json`,
      type: ticketId === null ? 'POST' : 'PUT',
      contentType: 'application/json',
      data,
    });
    if (!ok) return notify(`Not saved: ${/** @type {any} */ (args[0]).responseText || 'no answer'}`);
    edited.clear();
    comment.value = '';
    if (ticketId === null) return onMade(/** @type {any} */ (args[0]).ticket.id);
    await refresh();
  };

  const form = el(
    'form',
    { class: 'fields', onsubmit: (event) => event.preventDefault() },
    ...(ticketId === null ? [el('label', {}, 'Requester', email), el('label', {}, 'Subject', subject)] : []),
    ...config.fields.map(({ id, title }) => el('label', {}, title, inputs.get(String(id)) ?? null)),
  );

  return {
    form,
    middle: el(
      'div',
      { class: 'middle' },
      el('header', {}, heading, head),
      talk,
      el('div', { class: 'reply' }, comment, submit),
      events,
    ),
    refresh,
    title: () => ticket?.subject ?? (ticketId === null ? 'New ticket' : `#${ticketId}`),

    /** @param {string} path @returns {unknown} */
    get(path) {
      const id = customField.exec(path)?.[1];
      if (id !== undefined) return inputs.get(id)?.value;
      const known = {
        'ticket.id': ticketId ?? undefined,
        'ticket.isNew': ticketId === null,
        'ticket.subject': ticket?.subject ?? subject.value,
        'ticket.status': ticket?.status ?? 'new',
        'ticket.tags': ticket?.tags ?? [],
        'ticket.requester': ticket?.requester ?? { email: email.value },
        'ticket.assignee': { user: ticket?.assignee ?? null },
        ticketFields: config.fields.map(({ id, title, type }) => ({ name: `custom_field_${id}`, label: title, type })),
      };
      return known[/** @type {keyof typeof known} */ (path)];
    },

    /** Fills in the form; nothing is saved before the agent submits. @param {string} path @param {unknown} value */
    set(path, value) {
      const input = inputs.get(customField.exec(path)?.[1] ?? '');
      if (!input) return false;
      input.value = String(value ?? '');
      input.dispatchEvent(new Event('input'));
      return true;
    },
  };
};
