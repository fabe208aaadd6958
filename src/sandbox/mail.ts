import { unescapeHtml } from './survey-page.ts';

/** What a customer sees of a mail. */
export interface ReceivedMail {
  /** The bare address, in lower case. */
  readonly to: string;
  readonly subject: string;
  /** Every http link of the bodies, each once, in order of appearance. */
  readonly links: readonly string[];
}

interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Splits headers from body and unfolds the headers; names in lower case. The text is in latin1, one character per byte. */
const partOf = (text: string): Part => {
  const end = /\r?\n\r?\n/.exec(text);
  const head = end ? text.slice(0, end.index) : text;
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const headers = new Map(
    lines.flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]] : [];
    }),
  );
  return { headers, body: end ? text.slice(end.index + end[0].length) : '' };
};

const quotedPrintable = (text: string): string =>
  text
    .replace(/=\r?\n/g, '')
    .replace(/=([\dA-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const decoded = ({ headers, body }: Part): string => {
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase();
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return Buffer.from(encoding === 'quoted-printable' ? quotedPrintable(body) : body, 'latin1').toString('utf8');
};

/** How deep parts may nest: a mail of ours has two levels. */
const deepest = 5;

const leavesOf = (part: Part, depth = 0): Part[] => {
  const boundary = /multipart\/[\s\S]*boundary="?([^";]+)"?/i.exec(part.headers.get('content-type') ?? '')?.[1];
  if (!boundary || depth === deepest) return [part];
  return part.body
    .split(new RegExp(`(?:^|\\r?\\n)--${boundary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?:--)?[ \\t]*(?:\\r?\\n|$)`))
    .slice(1)
    .filter((text) => text.trim() !== '')
    .flatMap((text) => leavesOf(partOf(text), depth + 1));
};

const linkPattern = /https?:\/\/[^\s"'<>]+/g;

/** Reads the bytes of a mail; null where it has no recipient. */
export const readMail = (bytes: Buffer): ReceivedMail | null => {
  const mail = partOf(bytes.toString('latin1'));
  const to = /[^\s<>,"]+@[^\s<>,"]+/.exec(mail.headers.get('to') ?? '')?.[0];
  if (!to) return null;
  const links = leavesOf(mail).flatMap((part) => {
    const type = part.headers.get('content-type')?.toLowerCase() ?? 'text/plain';
    if (!type.startsWith('text/')) return [];
    const text = decoded(part);
    return [...text.matchAll(linkPattern)].map(([link]) =>
      (type.startsWith('text/html') ? unescapeHtml(link) : link).replace(/[.,;)\]]+$/, ''),
    );
  });
  return { to: to.toLowerCase(), subject: mail.headers.get('subject') ?? '', links: [...new Set(links)] };
};
