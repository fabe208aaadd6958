import { addressOf, config, readJson, view } from './account.js';
import { el } from './dom.js';
import { tellAll } from './frames.js';
import { networks } from './network.js';

/** The languages that the app speaks, and one that it does not. */
const locales = ['en-US', 'en-GB', 'de', 'fr', 'es-419', 'sv', 'ja', 'ar', 'pt-br', 'nl'];

/**
 * @param {string} label
 * @param {string} name
 * @param {readonly (readonly [string, string])[]} options
 * @param {string} value
 * @param {(value: string) => void} onChange
 */
const choice = (label, name, options, value, onChange) => {
  const select = el(
    'select',
    { name, onchange: () => onChange(select.value) },
    ...options.map(([key, text]) => el('option', { value: key, selected: key === value }, text)),
  );
  return { select, field: el('label', {}, label, select) };
};

export const applyScheme = () => {
  document.documentElement.dataset.scheme = view.scheme;
};

/**
 * @param {(path: string) => void} keep shows the view in the address
 * @param {(ticket: string) => void} open
 */
export const createBar = (keep, open) => {
  const noted = () => keep(addressOf(location.pathname, { scheme: view.scheme, network: view.network }));
  const tickets = choice('Ticket', 'ticket', [], '', open);
  const agents = config.agents.map(({ id, name }) => /** @type {const} */ ([String(id), name]));
  const others = [
    choice('Agent', 'agent', agents, String(config.agent.id), (agent) =>
      location.assign(addressOf(location.pathname, { agent })),
    ),
    choice(
      'Language',
      'locale',
      locales.map((one) => /** @type {const} */ ([one, one])),
      view.locale,
      (locale) => location.assign(addressOf(location.pathname, { locale })),
    ),
    choice(
      'Colours',
      'scheme',
      [
        ['light', 'light'],
        ['dark', 'dark'],
      ],
      view.scheme,
      (scheme) => {
        view.scheme = scheme === 'dark' ? 'dark' : 'light';
        applyScheme();
        noted();
        tellAll('colorScheme.changed', view.scheme);
      },
    ),
    choice('Network', 'network', Object.entries(networks), view.network, (network) => {
      view.network = network;
      noted();
    }),
  ];
  document
    .getElementById('bar')
    ?.append(
      el('strong', {}, 'Simulated Zendesk'),
      tickets.field,
      el('button', { type: 'button', name: 'new', onclick: () => open('new') }, 'New ticket'),
      ...others.map(({ field }) => field),
    );
  /** @type {string} */
  let current = '';

  return {
    /** @param {string} key */
    show(key) {
      current = key;
      if (![...tickets.select.options].some(({ value }) => value === key))
        tickets.select.append(el('option', { value: key }, key === 'new' ? 'New ticket' : `#${key}`));
      tickets.select.value = key;
    },
    /** @returns {Promise<import('./account.js').TicketHead[]>} */
    async refresh() {
      const { tickets: heads } = /** @type {{ tickets: import('./account.js').TicketHead[] }} */ (
        await readJson('/agent/data/tickets')
      );
      tickets.select.replaceChildren(
        ...heads.map(({ id, subject, words }) => el('option', { value: id }, `#${id} ${words ?? subject}`)),
      );
      if (current !== '') this.show(current);
      return heads;
    },
  };
};
