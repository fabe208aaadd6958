import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { hourMs } from '../core/time.ts';
import type { SandboxClock } from './clock.ts';
import { type ReceivedMail, readMail } from './mail.ts';
import { share } from './random.ts';
import { type PartnerCode, partners } from './scenario/marketplace.ts';
import { findSurveyForm } from './survey-page.ts';

export interface GivenAnswer {
  readonly email: string;
  /** The mail's file, and the address of the survey in it. */
  readonly mail: string;
  readonly link: string;
  readonly score: number;
  /** When the page took it. */
  readonly at: Date;
}

export interface CustomersOptions {
  readonly clock: SandboxClock;
  readonly seed: string | number;
  /** Where mails lie as `.eml` files, each written whole. */
  readonly outboxDir: string;
  /** Whoever is asked answers, at once; strangers as if they had bought from us. */
  readonly everybody?: boolean;
  /** Whom a ticket of this address is about by the plan, and whether it came in the live stretch; undefined for strangers. */
  readonly about: (email: string) => { readonly partner: PartnerCode | null; readonly live: boolean } | undefined;
}

export interface Customers {
  readonly answers: readonly GivenAnswer[];
  readonly counts: Readonly<CustomerCounts>;
  /** Nobody answers any more; what was answered is in `answers`. */
  stop(): Promise<void>;
}

export interface CustomerCounts {
  mails: number;
  /** Requests of the mail scanner, which opens links and never votes. */
  scannerVisits: number;
  /** Answers given and taken. */
  taken: number;
  /** Answers that the page did not take, and pages without a question. */
  failed: number;
}

const pollMs = 5_000;
const scannedDomain = '@example.org';
const scannerAgent = 'ExampleMailShield/4.1 (link check)';
const personAgent = 'Mozilla/5.0 (Mobile; rv:128.0) Gecko/128.0 Firefox/128.0';

/** The survey's own link: the page, with or without a score, and nothing behind it such as an unsubscribing page. */
const surveyLink = (mail: ReceivedMail): string | undefined =>
  mail.links.find((link) => /\/s\/[^/?#]+\/?(?:[?#].*)?$/.test(link));

const withoutQuery = (link: string): string => link.replace(/[?#].*$/, '');

/** How these odds fall for a number from 0 to 1: a score of 1 to 5. */
const scoreFor = (odds: readonly number[], luck: number): number => {
  let left = luck * odds.reduce((sum, weight) => sum + weight, 0);
  const index = odds.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return index + 1;
};

/** Customers who read their mail: some answer the survey on its page, hours later; a scanner opens every link of some of them at once. */
export const startCustomers = ({ clock, seed, outboxDir, everybody = false, about }: CustomersOptions): Customers => {
  const answers: GivenAnswer[] = [];
  const counts: CustomerCounts = { mails: 0, scannerVisits: 0, taken: 0, failed: 0 };
  const seen = new Set<string>();
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();

  const visit = async (
    url: string,
    agent: string,
  ): Promise<{ readonly status: number; readonly html: string; readonly cookie: string | null }> => {
    const { statusCode, headers, body } = await request(url, {
      headers: { 'user-agent': agent, accept: 'text/html' },
      signal: stopping.signal,
    });
    const setCookie = headers['set-cookie'];
    const cookies = (Array.isArray(setCookie) ? setCookie : setCookie ? [setCookie] : []).map(
      (cookie) => cookie.split(';')[0],
    );
    return { status: statusCode, html: await body.text(), cookie: cookies.length > 0 ? cookies.join('; ') : null };
  };

  const scan = async (mail: ReceivedMail): Promise<void> => {
    for (const link of mail.links) {
      await visit(link, scannerAgent);
      counts.scannerVisits += 1;
    }
  };

  const answer = async (file: string, mail: ReceivedMail, link: string, score: number): Promise<void> => {
    const page = await visit(link, personAgent);
    const form = page.status === 200 ? findSurveyForm(page.html, link) : null;
    if (form?.method !== 'POST' || !form.scores.includes(String(score))) {
      counts.failed += 1;
      return;
    }
    const fields = new URLSearchParams([...form.fields, ['score', String(score)]]);
    const { statusCode, body } = await request(form.action, {
      method: 'POST',
      headers: {
        'user-agent': personAgent,
        'content-type': 'application/x-www-form-urlencoded',
        ...(page.cookie ? { cookie: page.cookie } : {}),
      },
      body: fields.toString(),
      // No signal: a vote on its way ends as it will, so that what was taken is always known.
    });
    await body.dump();
    if (statusCode >= 400) {
      counts.failed += 1;
      return;
    }
    counts.taken += 1;
    answers.push({ email: mail.to, mail: file, link: withoutQuery(link), score, at: clock.now() });
  };

  /** What the person of this mail does with it: the seed and the mail decide, whatever else happens. */
  const receive = async (file: string): Promise<void> => {
    const mail = readMail(await readFile(join(outboxDir, file)));
    if (!mail) return;
    counts.mails += 1;
    if (mail.to.endsWith(scannedDomain)) await scan(mail);
    const link = surveyLink(mail);
    const person = about(mail.to);
    if (!link || !(person || everybody)) return;
    const { answerRate, scores } = partners[person?.partner ?? 'direct'];
    if (everybody) return answer(file, mail, link, scoreFor(scores, share(seed, 'score', mail.to)));
    if (share(seed, 'answers', mail.to) >= answerRate) return;
    const patience = share(seed, 'patience', mail.to);
    await clock.sleep(person?.live ? 4_000 + patience * 20_000 : (0.3 + 20 * patience ** 2) * hourMs, stopping.signal);
    if (!stopping.signal.aborted) await answer(file, mail, link, scoreFor(scores, share(seed, 'score', mail.to)));
  };

  const poll = async (): Promise<void> => {
    const files = await readdir(outboxDir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const file of files) {
      if (!file.endsWith('.eml') || seen.has(file)) continue;
      seen.add(file);
      const task = receive(file).catch(() => {
        // The page could not be reached: a person shrugs, the counter tells.
        counts.failed += 1;
      });
      underWay.add(task);
      void task.finally(() => underWay.delete(task));
    }
  };
  const polling = clock.every(pollMs, poll);

  return {
    answers,
    counts,
    async stop() {
      stopping.abort();
      await polling.stop();
      await Promise.all(underWay);
    },
  };
};
