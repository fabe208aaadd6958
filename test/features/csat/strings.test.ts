import { describe, expect, it } from 'vitest';
import { surveyMail } from '../../../src/features/csat/mail.ts';
import { strings } from '../../../src/features/csat/strings.ts';
import { defaultLanguage, scores, surveyLanguages } from '../../../src/features/csat/survey-language.ts';

const leaves = (value: object, path = ''): [string, unknown][] =>
  Object.entries(value).flatMap(([key, inner]): [string, unknown][] =>
    typeof inner === 'object' && inner !== null ? leaves(inner, `${path}${key}.`) : [[`${path}${key}`, inner]],
  );

const english = leaves(strings[defaultLanguage]);

describe.each(surveyLanguages)('%s', (language) => {
  const mine = new Map(leaves(strings[language]));

  it('has every string, none empty', () => {
    expect(english.length).toBeGreaterThan(30);
    expect([...mine.keys()].toSorted()).toEqual(english.map(([key]) => key).toSorted());
    for (const [key, text] of mine) expect(text, key).toMatch(/\S/);
  });

  it('has no string left in English', () => {
    if (language === 'en') return;
    expect(english.filter(([key, text]) => mine.get(key) === text)).toEqual([]);
  });

  it('has five different labels', () => {
    expect(new Set(scores.map((score) => strings[language].labels[score])).size).toBe(5);
  });

  it('makes a mail with one question, five answers, a plain link and a way out', () => {
    const link = 'https://support.example/s/token';
    const { fromName, subject, text, html, headers } = surveyMail(language, link, null);
    expect(subject).toBe(strings[language].mail.subject);
    expect(fromName).toBeUndefined();
    for (const body of [text, html]) {
      const links = [...body.matchAll(/https?:\/\/[^\s"<>]+/g)].map(([url]) => url);
      expect(links.toSorted()).toEqual(
        [link, ...scores.map((score) => `${link}?score=${score}`), `${link}/unsubscribe`].toSorted(),
      );
      for (const score of scores) expect(body).toContain(strings[language].labels[score]);
    }
    expect(html).toContain(`<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">`);
    expect(html).not.toMatch(/<img|<script|src=/);
    expect(headers['List-Unsubscribe']).toBe(`<${link}/unsubscribe>`);
    expect(headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
  });

  it('names the shop where it is known, and has a place for it nowhere else', () => {
    const link = 'https://support.example/s/token';
    for (const [key, text] of mine) expect(String(text).includes('{shop}'), key).toBe(key.startsWith('named.'));
    const { fromName, subject, text, html } = surveyMail(language, link, 'Nord & $& <Home>');
    expect(fromName).toBe('Nord & $& <Home>');
    expect(subject).toContain('Nord & $& <Home>');
    // Above the question, in it, and in why the mail came.
    expect(text.split('Nord & $& <Home>')).toHaveLength(4);
    expect(html.split('Nord &amp; $&amp; &lt;Home&gt;')).toHaveLength(5);
    expect(`${subject}${text}${html}`).not.toContain('{shop}');
    expect(html).not.toContain('<Home>');
  });
});
