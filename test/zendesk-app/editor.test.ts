import { readFileSync } from 'node:fs';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import type { Choice } from '../../zendesk-app/src/correction.ts';
import { ChoiceSearch } from '../../zendesk-app/src/editor.tsx';
import { localeOf } from '../../zendesk-app/src/locale.ts';
import { Look } from '../../zendesk-app/src/look.tsx';
import { createSpeech, SpeechProvider, type Words } from '../../zendesk-app/src/words.ts';
import { choices } from './answers.ts';

interface Box {
  readonly defaultActiveIndex?: number;
  readonly children?: unknown;
  onChange(change: { type: string; inputValue?: string; selectionValue?: string; isExpanded?: boolean }): void;
}
/** Garden's box needs a browser: here it is its properties alone. */
const seen = vi.hoisted(() => ({ box: null as unknown }));
vi.mock('@zendeskgarden/react-dropdowns', async (actual) => ({
  ...(await actual<object>()),
  Combobox: (props: unknown) => {
    seen.box = props;
    return null;
  },
}));

const { sidebar: words } = JSON.parse(readFileSync('zendesk-app/translations/en.json', 'utf8')) as { sidebar: Words };

const open = (search: string, offered: readonly Choice[] = choices.partners) => {
  const happened: unknown[] = [];
  const content = createElement(ChoiceSearch, {
    label: 'Change partner',
    hint: null,
    choices: offered,
    current: 'nord',
    search,
    isExpanded: true,
    onSearch: (typed) => happened.push({ typed }),
    onChoice: ({ code }) => happened.push({ code }),
    onClose: (hasLeft) => happened.push({ hasLeft: hasLeft === true }),
  });
  const speech = createSpeech(words, localeOf('en-US'));
  renderToStaticMarkup(
    createElement(
      Look,
      { scheme: 'light', direction: 'ltr' },
      createElement(SpeechProvider, { value: speech }, content),
    ),
  );
  return { box: seen.box as Box, happened };
};

test('bug: Enter closed the search and chose nothing; the first hit is active while one types, and without one it stays', () => {
  const { box, happened } = open('su');
  expect(box.defaultActiveIndex).toBe(0);
  const enter = 'input:keyDown:Enter';
  box.onChange({ type: enter, selectionValue: 'sud', inputValue: 'Sud', isExpanded: false });
  expect(happened).toEqual([{ code: 'sud' }]);
  const none = open('nobody');
  none.box.onChange({ type: enter, isExpanded: false });
  expect(none.happened).toEqual([]);
});

test('Escape and leaving close the search, and what is typed is searched', () => {
  const { box, happened } = open('');
  box.onChange({ type: 'input:change', inputValue: 's', isExpanded: true });
  box.onChange({ type: 'input:keyDown:Escape', isExpanded: false });
  box.onChange({ type: 'input:blur', isExpanded: false });
  expect(happened).toEqual([{ typed: 's' }, { hasLeft: false }, { hasLeft: true }]);
});

test('bug: a list of more than a hundred ended without a word; it says that there is more and to type', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ code: `c${at}`, name: `Choice ${at}`, values: [] }));
  const labelsOf = (count: number) => {
    const shown = open('', many(count)).box.children as { props: { label: string } }[][];
    return shown.flat(2).flatMap((option) => option?.props?.label ?? []);
  };
  expect(labelsOf(100)).toHaveLength(100);
  expect(labelsOf(100)).not.toContain(words.edit.more);
  expect(labelsOf(101)).toHaveLength(101);
  expect(labelsOf(101).at(-1)).toBe(words.edit.more);
});
