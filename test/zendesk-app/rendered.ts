import { readFileSync } from 'node:fs';
import { createElement, type ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { localeOf } from '../../zendesk-app/src/locale.ts';
import { Look } from '../../zendesk-app/src/look.tsx';
import type { Session, View } from '../../zendesk-app/src/session.ts';
import { TicketSidebar } from '../../zendesk-app/src/sidebar.tsx';
import { createSpeech, SpeechProvider, type Words } from '../../zendesk-app/src/words.ts';
import { choices, ticketOf } from './answers.ts';

// The app's screens as text. Who imports this mocks the icons.

const locale = localeOf('en-US');
export const { sidebar: words } = JSON.parse(readFileSync('zendesk-app/translations/en.json', 'utf8')) as {
  sidebar: Words;
};
const nowMs = (): number => Date.parse('2026-05-04T10:05:00Z');

const markupOf = (content: ReactNode): string =>
  renderToStaticMarkup(
    createElement(
      Look,
      { scheme: 'light', direction: 'ltr' },
      createElement(SpeechProvider, { value: createSpeech(words, locale) }, content),
    ),
  );

/** What a person reads, one space between the pieces. */
export const textOf = (content: ReactNode): string =>
  markupOf(content)
    .replaceAll(/<style[\s\S]*?<\/style>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#x27;', "'")
    .replaceAll(/\s+/g, ' ')
    .trim();

export const sessionOf = (view: Partial<View>): Session => {
  const whole: View = {
    data: ticketOf(),
    fields: null,
    isRemembered: false,
    isReading: false,
    problem: null,
    correction: null,
    earlier: [],
    ...view,
  };
  const nothing = () => Promise.resolve();
  return {
    view: () => whole,
    subscribe: () => () => {},
    read: nothing,
    choices: () => Promise.resolve(choices),
    field: () => Promise.resolve(null),
    correct: nothing,
    undo: nothing,
    shown: () => {},
    stop: () => {},
  };
};

const sidebarOf = (view: Partial<View>, { isClosed = false } = {}) =>
  createElement(TicketSidebar, { session: sessionOf(view), isClosed, nowMs });

export const screenOf = (...of: Parameters<typeof sidebarOf>): string => textOf(sidebarOf(...of));

/** How many there are to press. */
export const buttonsOf = (...of: Parameters<typeof sidebarOf>): number =>
  markupOf(sidebarOf(...of)).split('<button').length - 1;
