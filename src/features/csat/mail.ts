import { escapeHtml } from '../../platform/http/escape-html.ts';
import { directionOf, type SurveyLanguage, type SurveyStrings, scores } from './survey-language.ts';
import { wordsFor } from './words.ts';

interface SurveyMail {
  /** The sender's display name; absent: as configured. */
  readonly fromName?: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

const font = `font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif`;

// Colours stand inline for clients that drop <style>, and again by class for those that know dark mode.
const darkStyle = `@media (prefers-color-scheme: dark){.ground{background:#14171c!important}.card{background:#1e2229!important}.ink{color:#f2f4f7!important}.soft{color:#b3bac5!important}.choice{background:#262c35!important;border-color:#5d6775!important;color:#f2f4f7!important}.link{color:#9cc3ff!important}}`;

/** What both bodies are made of. */
interface Content {
  readonly language: SurveyLanguage;
  readonly words: SurveyStrings;
  readonly shopName: string | null;
  readonly link: string;
  readonly unsubscribeLink: string;
}

const htmlOf = ({ language, words, shopName, link, unsubscribeLink }: Content): string => {
  const direction = directionOf(language);
  const align = direction === 'rtl' ? 'right' : 'left';
  const choices = scores
    .map(
      (score) =>
        `<tr><td style="padding:0 0 10px"><a class="choice" href="${escapeHtml(`${link}?score=${score}`)}" style="display:block;padding:13px 18px;border:1px solid #8b95a3;border-radius:10px;background:#ffffff;color:#1b2430;${font};font-size:17px;line-height:24px;text-decoration:none;text-align:${align}">${escapeHtml(words.labels[score])}</a></td></tr>`,
    )
    .join('\n');
  const brand =
    shopName === null
      ? ''
      : `<p class="ink" style="margin:0 0 14px;color:#1b2430;${font};font-size:15px;line-height:22px;font-weight:650">${escapeHtml(shopName)}</p>\n`;
  return `<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(words.mail.subject)}</title>
<style>:root{color-scheme:light dark}${darkStyle}</style>
</head>
<body class="ground" style="margin:0;padding:0;background:#f2f4f7">
<div class="ground" lang="${language}" dir="${direction}" style="background:#f2f4f7;padding:24px 12px">
<table role="presentation" align="center" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;margin:0 auto">
<tr><td class="card" style="background:#ffffff;border-radius:16px;padding:28px 24px 18px;text-align:${align}">
${brand}<p class="soft" style="margin:0 0 10px;color:#4d5866;${font};font-size:15px;line-height:22px">${escapeHtml(words.mail.intro)}</p>
<h1 class="ink" style="margin:0 0 20px;color:#1b2430;${font};font-size:23px;line-height:30px;font-weight:650">${escapeHtml(words.question)}</h1>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0">
${choices}
</table>
<p class="soft" style="margin:8px 0 14px;color:#4d5866;${font};font-size:15px;line-height:22px">${escapeHtml(words.mail.choose)}</p>
<p style="margin:0 0 10px;${font};font-size:15px;line-height:22px"><a class="link" href="${escapeHtml(link)}" style="color:#0b57b0">${escapeHtml(words.mail.openPage)}</a></p>
</td></tr>
<tr><td style="padding:18px 24px;text-align:${align}">
<p class="soft" style="margin:0 0 10px;color:#4d5866;${font};font-size:13px;line-height:20px">${escapeHtml(words.mail.why)}</p>
<p style="margin:0;${font};font-size:13px;line-height:20px"><a class="link" href="${escapeHtml(unsubscribeLink)}" style="color:#0b57b0">${escapeHtml(words.mail.unsubscribe)}</a></p>
</td></tr>
</table>
</div>
</body>
</html>
`;
};

const textOf = ({ words, shopName, link, unsubscribeLink }: Content): string =>
  [
    ...(shopName === null ? [] : [shopName, '']),
    words.mail.intro,
    '',
    words.question,
    words.mail.choose,
    '',
    ...scores.map((score) => `${words.labels[score]}: ${link}?score=${score}`),
    '',
    `${words.mail.openPage}: ${link}`,
    '',
    '-- ',
    words.mail.why,
    `${words.mail.unsubscribe}: ${unsubscribeLink}`,
    '',
  ].join('\n');

/**
 * The one question as a mail. It names no person, no ticket and no product, of the shop its name alone, and promotes nothing: in
 * some countries that would make it advertising.
 */
export const surveyMail = (language: SurveyLanguage, link: string, shopName: string | null): SurveyMail => {
  const unsubscribeLink = `${link}/unsubscribe`;
  const words = wordsFor(language, shopName);
  const content = { language, words, shopName, link, unsubscribeLink };
  return {
    ...(shopName !== null && { fromName: shopName }),
    subject: words.mail.subject,
    text: textOf(content),
    html: htmlOf(content),
    headers: {
      // One click without a page, as RFC 8058 asks; the POST goes to the same address as the page.
      'List-Unsubscribe': `<${unsubscribeLink}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': language,
    },
  };
};
