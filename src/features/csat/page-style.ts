import { createHash } from 'node:crypto';

/** The whole look of the survey's pages; logical properties alone, so that Arabic mirrors by itself. */
export const pageStyle = `
:root{color-scheme:light dark;--ground:#f2f4f7;--card:#fff;--ink:#1b2430;--soft:#4d5866;--line:#7d8794;--hover:#eef3fa;--accent:#0b57b0;--on-accent:#fff;--picked:#e3eefb;--good:#e6f4ea;--good-line:#2f7d46;--bad:#fdecea;--bad-line:#b3261e}
@media (prefers-color-scheme:dark){:root{--ground:#14171c;--card:#1e2229;--ink:#f2f4f7;--soft:#b3bac5;--line:#77818f;--hover:#262c35;--accent:#9cc3ff;--on-accent:#0d1b2e;--picked:#223450;--good:#1c3325;--good-line:#6fcf8f;--bad:#3d201e;--bad-line:#ff8f86}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;min-height:100svh;display:flex;flex-direction:column;align-items:center;background:var(--ground);color:var(--ink);font:17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans Arabic",Arial,sans-serif;padding:16px;overflow-wrap:anywhere}
main{width:100%;max-width:720px;background:var(--card);border-radius:18px;padding:24px 20px;margin-block:auto 0;box-shadow:0 1px 3px rgb(0 0 0/.12)}
footer{width:100%;max-width:720px;padding:14px 20px 0;margin-block:0 auto;color:var(--soft);font-size:14px}
footer p{margin:0 0 2px}
h1{font-size:1.4rem;line-height:1.3;font-weight:650;margin:0;text-wrap:balance}
p{margin:8px 0 0}
.soft{color:var(--soft)}
.shop{margin:0 0 12px;font-weight:650}
.shop+:not(h1){margin-top:0}
fieldset{border:0;margin:0;padding:0;min-width:0}
legend{padding:0}
.choices{display:grid;gap:10px;margin-block:20px}
.choice{display:flex;align-items:center;gap:14px;min-height:52px;padding:10px 16px;border:1px solid var(--line);border-radius:12px;cursor:pointer}
.choice:hover{background:var(--hover)}
.choice:has(:checked){border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent);background:var(--picked);font-weight:600}
.choice:has(:focus-visible),button:focus-visible,a:focus-visible,summary:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
input[type=radio]{flex:none;width:22px;height:22px;margin:0;accent-color:var(--accent);outline:0}
button{display:block;width:100%;min-height:50px;padding:10px 24px;border:0;border-radius:12px;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;cursor:pointer}
button:hover{filter:brightness(1.1)}
a{color:var(--accent)}
footer a{display:inline-flex;align-items:center;min-height:44px}
.notice{border-radius:12px;padding:12px 16px;margin:0 0 20px;border-inline-start:5px solid}
.notice>:first-child{margin-top:0}
.good{background:var(--good);border-color:var(--good-line)}
.bad{background:var(--bad);border-color:var(--bad-line)}
details{margin-top:16px}
summary{display:inline-flex;align-items:center;min-height:44px;color:var(--accent);text-decoration:underline;cursor:pointer;border-radius:6px}
summary::-webkit-details-marker{display:none}
details[open] summary{margin-bottom:8px}
form.alone{margin-top:20px}
@media (min-width:640px){main{padding:36px 40px}footer{padding-inline:40px}h1{font-size:1.6rem}.choices{grid-template-columns:repeat(5,1fr)}.choice{flex-direction:column;justify-content:flex-start;text-align:center;padding:16px 8px;gap:10px;line-height:1.3}button{width:auto;min-width:220px}}
@media (forced-colors:active){.choice:has(:checked){outline:3px solid Highlight}}
`;

const styleHash = createHash('sha256').update(pageStyle).digest('base64');

/** No script, nothing from elsewhere, no frame around it; forms go home alone. */
export const pagePolicy = [
  `default-src 'none'`,
  `style-src 'sha256-${styleHash}'`,
  `form-action 'self'`,
  `base-uri 'none'`,
  `frame-ancestors 'none'`,
].join('; ');
