import { escapeHtml } from '../../platform/http/escape-html.ts';
import { pageStyle } from './page-style.ts';
import { strings } from './strings.ts';
import { directionOf, type Score, type SurveyLanguage, scores } from './survey-language.ts';
import { wordsFor } from './words.ts';

interface Frame {
  readonly language: SurveyLanguage;
  /** Whom the page speaks for; null where no name is known. */
  readonly shopName: string | null;
  readonly title: string;
  readonly main: string;
  /** Relative address of the unsubscribe page; left out where there is no invitation to leave. */
  readonly unsubscribeLink?: string;
}

const frame = ({ language, shopName, title, main, unsubscribeLink }: Frame): string => {
  const words = strings[language];
  const footer = unsubscribeLink
    ? `<footer>
<p>${escapeHtml(words.page.privacy)}</p>
<p><a href="${escapeHtml(unsubscribeLink)}">${escapeHtml(words.page.unsubscribe)}</a></p>
</footer>
`
    : '<footer></footer>\n';
  return `<!doctype html>
<html lang="${language}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
${shopName === null ? '' : `<p class="shop">${escapeHtml(shopName)}</p>\n`}${main}
</main>
${footer}</body>
</html>
`;
};

/** What the form page says before it asks. */
export type FormNotice = 'thanks' | 'changed' | 'chooseFirst' | 'sendAgain' | 'contradictory';

interface FormPage {
  readonly language: SurveyLanguage;
  readonly shopName: string | null;
  /** Last part of the page's own address: links and forms are relative, so that a proxy may put the page under any path. */
  readonly token: string;
  readonly nonce: string;
  /** The answer that counts now. */
  readonly current: Score | null;
  /** The answer to be marked on the form. */
  readonly preselected: Score | null;
  readonly notice?: FormNotice;
}

const formOf = ({ language, shopName, nonce, token, current, preselected }: FormPage, asHeading: boolean): string => {
  const words = wordsFor(language, shopName);
  const question = escapeHtml(words.question);
  const choices = scores
    .map(
      (score) =>
        `<label class="choice"><input type="radio" name="score" value="${score}" required${score === preselected ? ' checked' : ''}><span>${escapeHtml(words.labels[score])}</span></label>`,
    )
    .join('\n');
  return `<form method="post" action="${escapeHtml(token)}">
<input type="hidden" name="nonce" value="${escapeHtml(nonce)}">
<fieldset aria-describedby="hint">
<legend>${asHeading ? `<h1>${question}</h1>` : `<strong>${question}</strong>`}</legend>
<p class="soft" id="hint">${escapeHtml(words.page.hint)}</p>
<div class="choices">
${choices}
</div>
</fieldset>
<button type="submit">${escapeHtml(current === null ? words.page.send : words.page.sendChange)}</button>
</form>`;
};

const notices: Readonly<Record<FormNotice, 'good' | 'bad'>> = {
  thanks: 'good',
  changed: 'good',
  chooseFirst: 'bad',
  sendAgain: 'bad',
  contradictory: 'bad',
};

/** The question: fresh, answered before, or shown again with what went wrong. */
export const formPage = (page: FormPage): string => {
  const { language, shopName, notice, current } = page;
  const words = wordsFor(language, shopName);
  const answer =
    current === null
      ? ''
      : `<p>${escapeHtml(words.page.current)} <strong>${escapeHtml(words.labels[current])}</strong></p>\n<p class="soft">${escapeHtml(words.page.change)}</p>`;
  const unsubscribeLink = `${page.token}/unsubscribe`;
  if (notice === 'thanks' || notice === 'changed') {
    const title = notice === 'thanks' ? words.notice.thanksTitle : words.notice.changedTitle;
    const main = `<h1>${escapeHtml(title)}</h1>
<div role="status"><p>${escapeHtml(words.notice[notice])}</p>
${answer}</div>
<details>
<summary>${escapeHtml(words.page.sendChange)}</summary>
${formOf(page, false)}
</details>`;
    return frame({ language, shopName, title, main, unsubscribeLink });
  }
  const said = notice
    ? `<p class="notice ${notices[notice]}" role="alert">${escapeHtml(words.notice[notice])}</p>\n`
    : answer && `<div class="notice good">${answer}</div>\n`;
  return frame({
    language,
    shopName,
    title: words.question,
    main: `${said}${formOf(page, true)}`,
    unsubscribeLink,
  });
};

/** A page that only tells something: a link that does not work, a question that is closed. */
export const messagePage = (
  { language, shopName }: Pick<FormPage, 'language' | 'shopName'>,
  message: 'unknown' | 'expired' | 'locked' | 'unsubscribed',
  current: Score | null = null,
): string => {
  const { notice, unsubscribe, page, labels } = strings[language];
  const [title, body] = {
    unknown: [notice.unknownTitle, notice.unknown],
    expired: [notice.expiredTitle, notice.expired],
    locked: [notice.lockedTitle, notice.locked],
    unsubscribed: [unsubscribe.doneTitle, unsubscribe.done],
  }[message] as [string, string];
  const answer =
    current === null ? '' : `\n<p>${escapeHtml(page.current)} <strong>${escapeHtml(labels[current])}</strong></p>`;
  return frame({
    language,
    shopName,
    title,
    main: `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(body)}</p>${answer}`,
  });
};

/** Asks whether the person really wants no more questions: opening a link must not decide that. */
export const unsubscribePage = ({ language, shopName }: Pick<FormPage, 'language' | 'shopName'>): string => {
  const words = strings[language].unsubscribe;
  return frame({
    language,
    shopName,
    title: words.title,
    main: `<h1>${escapeHtml(words.title)}</h1>
<p>${escapeHtml(words.body)}</p>
<form class="alone" method="post" action="unsubscribe">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">${escapeHtml(words.confirm)}</button>
</form>`,
  });
};
