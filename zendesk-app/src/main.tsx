import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { draftDesk, savedDesk } from './desk.ts';
import { type Locale, localeOf } from './locale.ts';
import type { Scheme } from './look.tsx';
import { createMemory, type Store } from './memory.ts';
import { serviceAddress } from './problem.ts';
import { createService } from './service.ts';
import { createSession, type Deadlines, type Session } from './session.ts';
import { loadWords } from './words.ts';
import type { ZafClient } from './zaf.ts';

const localeKey = 'deskledger:locale';

const storage = (): Store | null => {
  try {
    return window.localStorage;
  } catch {
    // The browser keeps nothing for frames of other sites: the app works, and starts from nothing.
    return null;
  }
};

const clock: Deadlines = {
  nowMs: () => Date.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

const schemeOf = (value: unknown): Scheme => (value === 'dark' ? 'dark' : 'light');

/** Before Zendesk has answered: the agent's language of last time, else the browser's. */
const guessedLocale = (store: Store | null): Locale => {
  try {
    return localeOf(store?.getItem(localeKey) ?? navigator.language);
  } catch {
    return localeOf(navigator.language);
  }
};

const registered = (client: ZafClient): Promise<void> =>
  new Promise((resolve) => {
    client.on('app.registered', () => resolve());
  });

const start = async (root: HTMLElement): Promise<void> => {
  const params = new URLSearchParams(window.location.search);
  const store = storage();
  const app = createRoot(root);
  let scheme = schemeOf(params.get('colorScheme'));
  let locale = guessedLocale(store);
  let words = loadWords(locale);
  const client = window.ZAFClient?.init();
  if (!client) {
    const known = await words;
    app.render(<App scheme={scheme} locale={locale} words={known} open="outside" client={null} />);
    return;
  }
  app.render(<App scheme={scheme} locale={locale} words={null} open={null} client={client} />);

  await registered(client);
  const [context, metadata] = await Promise.all([client.context(), client.metadata()]);
  const ticketId = context.location === 'new_ticket_sidebar' ? null : await ticketIdOf(client, context.ticketId);
  const memory = createMemory(store, {
    installation: String(metadata.installationId ?? 'local'),
    nowMs: clock.nowMs,
  });
  const session: Session = createSession({
    ticketId,
    service: createService(client, serviceAddress(metadata.settings?.service_address), () => crypto.randomUUID()),
    desk: ticketId === null ? draftDesk(client) : savedDesk(client, ticketId),
    memory,
    clock,
  });
  const open = { session, fields: ticketId === null ? memory.fields() : null, isNew: ticketId === null };
  // The ticket is asked for before the agent's language is known: both are on their way at once.
  void session.read();

  const show = async (): Promise<void> => {
    const known = await words;
    document.documentElement.lang = locale.language;
    document.documentElement.dir = locale.direction;
    app.render(<App scheme={scheme} locale={locale} words={known} open={open} client={client} />);
  };
  client.on('colorScheme.changed', (value) => {
    scheme = schemeOf(value);
    void show();
  });
  client.on('app.activated', () => session.shown());

  // Without an answer the guesses hold: what is known of the ticket is shown all the same.
  const told = await client.get(['currentUser.locale', 'colorScheme']).catch(() => ({}) as Record<string, unknown>);
  if (typeof told.colorScheme === 'string') scheme = schemeOf(told.colorScheme);
  const agents = told['currentUser.locale'];
  if (typeof agents === 'string') {
    const own = localeOf(agents);
    if (own.language !== locale.language) words = loadWords(own);
    locale = own;
    try {
      store?.setItem(localeKey, agents);
    } catch {
      // Full or blocked: the next opening guesses again.
    }
  }
  await show();
};

const ticketIdOf = async (client: ZafClient, told: number | string | undefined): Promise<string | null> => {
  const id = told ?? (await client.get('ticket.id'))['ticket.id'];
  return typeof id === 'number' || typeof id === 'string' ? String(id) : null;
};

const root = document.getElementById('app');
if (root) void start(root);
