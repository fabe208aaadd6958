import { createRoot, type Root } from 'react-dom/client';
import { App } from './app.tsx';
import { watchClosing } from './closing.ts';
import { type Deadlines, within } from './deadline.ts';
import { draftDesk, savedDesk } from './desk.ts';
import { type Locale, localeOf } from './locale.ts';
import type { Scheme } from './look.tsx';
import { createMemory, type Store } from './memory.ts';
import { serviceAddress } from './problem.ts';
import { createService } from './service.ts';
import { createSession, type Session } from './session.ts';
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

/** Read aloud and laid out as the language is. */
const speak = ({ language, direction }: Locale): void => {
  document.documentElement.lang = language;
  document.documentElement.dir = direction;
};

const registered = (client: ZafClient): Promise<void> =>
  new Promise((resolve) => {
    client.on('app.registered', () => resolve());
  });

/** The agent's language is waited for so long; then the guess holds. */
const localePatienceMs = 1500;
/** A frame that hears nothing of Zendesk for so long says where it belongs, and listens on. */
const strangerAfterMs = 10_000;

const start = async (app: Root, store: Store | null): Promise<void> => {
  const params = new URLSearchParams(window.location.search);
  let scheme = schemeOf(params.get('colorScheme'));
  let locale = guessedLocale(store);
  speak(locale);
  let words = loadWords(locale);
  const client = window.ZAFClient?.init();
  if (!client) {
    const known = await words;
    app.render(<App scheme={scheme} locale={locale} words={known} open="outside" client={null} />);
    return;
  }
  app.render(<App scheme={scheme} locale={locale} words={null} open={null} client={client} />);
  const heard = clock.after(strangerAfterMs, async () => {
    app.render(<App scheme={scheme} locale={locale} words={await words} open="outside" client={client} />);
  });

  await registered(client);
  const [context, metadata] = await Promise.all([client.context(), client.metadata()]);
  const ticketId = context.location === 'new_ticket_sidebar' ? null : await ticketIdOf(client, context.ticketId);
  heard();
  const memory = createMemory(store, {
    installation: String(metadata.installationId ?? 'local'),
    nowMs: clock.nowMs,
  });
  /** Of the tabs of tickets one is in front. */
  let isActive = true;
  const isSeen = (): boolean => isActive && !document.hidden;
  const session: Session = createSession({
    ticketId,
    service: createService(client, serviceAddress(metadata.settings?.service_address), () => crypto.randomUUID()),
    desk: ticketId === null ? draftDesk(client) : savedDesk(client, ticketId),
    memory,
    clock,
    isSeen,
  });
  const open = {
    session,
    isNew: ticketId === null,
    forget: memory.forget,
  };
  let isClosed = false;
  // The ticket, or what a new one lacks, is asked for before the agent's language is known: both are on their way at once.
  void session.read();

  const show = async (): Promise<void> => {
    const wanted = words;
    const known = await wanted;
    // Another language was asked for meanwhile, and shows itself.
    if (wanted !== words) return;
    speak(locale);
    app.render(<App scheme={scheme} locale={locale} words={known} open={{ ...open, isClosed }} client={client} />);
  };
  client.on('colorScheme.changed', (value) => {
    scheme = schemeOf(value);
    void show();
  });
  watchClosing(client, (isNow) => {
    isClosed = isNow;
    void show();
  });
  client.on('app.activated', () => {
    isActive = true;
    session.shown();
  });
  client.on('app.deactivated', () => {
    isActive = false;
  });
  document.addEventListener('visibilitychange', () => {
    if (isSeen()) session.shown();
  });
  client.on('app.willDestroy', () => session.stop());

  // Without an answer the guesses hold: what is known of the ticket is shown all the same.
  const asked = client.get(['currentUser.locale', 'colorScheme', 'ticket.status']);
  const told = await within(clock, localePatienceMs, asked, () => new Error('no locale')).catch(
    () => ({}) as Record<string, unknown>,
  );
  if (typeof told.colorScheme === 'string') scheme = schemeOf(told.colorScheme);
  isClosed = told['ticket.status'] === 'closed';
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

/** Even without a language there is something to read. */
const lastWords = 'Deskledger could not start. Please reload the page.';

const root = document.getElementById('app');
if (root) {
  const app = createRoot(root);
  const store = storage();
  start(app, store).catch(async () => {
    const locale = guessedLocale(store);
    speak(locale);
    const words = await loadWords(locale).catch(() => null);
    if (words) app.render(<App scheme="light" locale={locale} words={words} open="unexpected" client={null} />);
    else app.render(lastWords);
  });
}
