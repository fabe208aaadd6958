// @ts-check
import { el, keyedList, setAttribute, setText, show } from './dom.js';
import { coverage, duration, moment, number } from './format.js';

/** @import { Attention, ConnectionStatus, Status } from './api-types.d.ts' */

/** The server writes instants as ISO 8601; people read them in the reports' time zone. @param {string} text @param {string} timeZone */
const readable = (text, timeZone) =>
  text.replaceAll(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g, (instant) => moment(instant, timeZone));

/** A demo runs faster than anything could keep up with: what it looks like in between needs nobody. @param {Status} status */
const isRunningDemo = ({ demo }) => demo !== undefined && !demo.done;

/** @param {string} timeZone */
const attentionItem = (timeZone) => {
  const found = el('p');
  const next = el('p', { class: 'small' });
  return {
    node: el('li', {}, found, next),
    /** @param {Attention} item */
    update(item) {
      const text = readable(item.found, timeZone);
      setText(
        found,
        `${item.topic === 'state' ? '' : `${item.topic}: `}${text}`.replace(/^./, (first) => first.toUpperCase()),
      );
      setText(next, `What to do: ${item.next}`);
    },
  };
};

/** @param {string} timeZone */
const attentionOfOne = (timeZone) => {
  const name = el('h2');
  const list = el('ul');
  const items = keyedList(list, {
    /** @param {Attention} item */
    key: ({ topic }) => topic,
    make: () => attentionItem(timeZone),
  });
  const node = el('section', { class: 'notice' }, name, list);
  return {
    node,
    /** @param {ConnectionStatus} connection */
    update(connection) {
      const { attention } = connection;
      node.classList.toggle(
        'bad',
        attention.some(({ level }) => level === 'fault'),
      );
      node.classList.toggle(
        'warn',
        attention.every(({ level }) => level !== 'fault'),
      );
      setText(name, `${connection.name} needs attention`);
      items.update(attention);
    },
  };
};

/** What is wrong with connections and what to do about it; nothing while all is well. */
export const createAttention = () => {
  const node = el('div', { class: 'attention', hidden: true });
  let zone = 'UTC';
  const list = keyedList(node, {
    /** @param {ConnectionStatus} connection */
    key: ({ id }) => String(id),
    make: () => attentionOfOne(zone),
  });
  return {
    node,
    /** @param {Status} status @param {string} timeZone @returns the names of those that need somebody */
    update(status, timeZone) {
      zone = timeZone;
      const troubled = isRunningDemo(status) ? [] : status.connections.filter(({ attention }) => attention.length > 0);
      list.update(troubled);
      show(node, troubled.length > 0);
      return troubled.map(({ name }) => name);
    },
  };
};

/** A count that lacks some says when it was taken: what came since is not in it. @param {ConnectionStatus} connection @param {string} timeZone */
const held = ({ feed, completeness, counted, tickets, orders }, timeZone) => {
  const [own, what] = feed === 'orders' ? [orders, 'orders'] : [tickets, 'tickets'];
  if (completeness === null || counted === null) return own > 0 ? `${number(own)} ${what}` : '';
  const all = `${number(counted.there)} ${what} held`;
  return completeness === 1
    ? `all ${all}`
    : `${coverage(completeness)} of ${all} when counted, ${moment(counted.at, timeZone)}`;
};

/** @param {ConnectionStatus} connection */
const lag = ({ lagSeconds, feedLagSeconds }) => {
  if (lagSeconds >= 60) return `${duration(lagSeconds)} behind`;
  if (feedLagSeconds === null) return '';
  return feedLagSeconds < 3600 ? 'up to date' : `last read ${duration(feedLagSeconds)} ago`;
};

/** @param {ConnectionStatus} connection */
const history = ({ backfill }) => {
  if (backfill === null || (backfill.state !== 'walking' && backfill.state !== 'gathering')) return '';
  const left = backfill.remainingSeconds === null ? '' : `, about ${duration(backfill.remainingSeconds)} left`;
  return `history: ${number(backfill.done)} of ${number(backfill.found)} tickets${left}`;
};

/** @param {ConnectionStatus} connection */
const does = ({ feed, mode }) => (feed === 'orders' ? 'reads orders' : mode === 'act' ? 'acts' : 'observes only');

/** @type {Record<string, string>} */
const stateWords = {
  ok: 'ok',
  credentials: 'credentials refused',
  forbidden: 'a right is lacking',
  unreachable: 'not reached',
  limited: 'waits for its limit',
  'odd answers': 'odd answers',
  'lost fields': 'a mapped field is gone',
  'unread work': 'a stream of work is not read',
  'foreign deliveries': 'foreign deliveries',
  clock: 'clocks differ',
};

const line = () => {
  const name = el('b');
  const kind = el('span', { class: 'soft' });
  const state = el('span');
  const facts = el('span', { class: 'facts' });
  return {
    node: el('li', {}, name, kind, state, facts),
    /** @param {ConnectionStatus & { quiet: boolean, timeZone: string }} connection */
    update(connection) {
      const calm = connection.state === 'ok' && (connection.quiet || connection.attention.length === 0);
      setText(name, connection.name);
      setText(kind, connection.kind);
      show(kind, connection.kind !== connection.name);
      setText(
        state,
        connection.state === 'ok' && !calm ? 'needs attention' : (stateWords[connection.state] ?? connection.state),
      );
      const isFault = connection.attention.some(({ level }) => level === 'fault');
      setAttribute(state, 'class', calm ? null : isFault ? 'flag bad' : 'flag');
      const parts = [does(connection), held(connection, connection.timeZone), lag(connection), history(connection)];
      setText(facts, parts.filter((part) => part !== '').join(' · '));
    },
  };
};

/** A line for each connection: how it does, what it may do, how complete and how fresh it is. */
export const createConnections = () => {
  const list = el('ul');
  const node = el('section', { class: 'connections', hidden: true }, el('h2', {}, 'Connections'), list);
  const lines = keyedList(list, {
    /** @param {ConnectionStatus & { quiet: boolean, timeZone: string }} connection */
    key: ({ id }) => String(id),
    make: line,
  });
  return {
    node,
    /** @param {Status} status @param {string} timeZone */
    update(status, timeZone) {
      const quiet = isRunningDemo(status);
      lines.update(status.connections.map((connection) => ({ ...connection, quiet, timeZone })));
      show(node, status.connections.length > 0);
    },
  };
};
