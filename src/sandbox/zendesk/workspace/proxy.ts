import { createHmac } from 'node:crypto';
import { secondMs } from '../../../core/time.ts';
import { isRecord } from '../../http.ts';

/** A parameter of an app's manifest. */
export interface AppParameter {
  readonly name: string;
  readonly secure?: boolean;
  /** Where a secure setting may be filled in: header, body, url, jwt_secret_key, jwt_claim and others. */
  readonly scopes?: readonly string[];
}

export interface Installation {
  readonly id: number;
  readonly parameters: readonly AppParameter[];
  /** What the admin entered. */
  readonly settings: Readonly<Record<string, string>>;
  /** Hosts that secure requests may go to: a name for all its ports, or with one. */
  readonly domainWhitelist: readonly string[];
}

export interface ProxyAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The proxy's own limit. Its statuses for a host that is not named, away or silent are written nowhere: 400, 502 and 504 are ours. */
const longestMs = 10 * secondMs;

const placeholder = /\{\{\s*setting\.([\w-]+)\s*\}\}/g;

const own = (status: number, text: string): ProxyAnswer => ({ status, contentType: 'text/plain', body: text });

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** HS256 with the claims that the browser chose, whatever they say, and the end that it asked for. */
export const signToken = (
  secret: string,
  { claims, expirySeconds, nowMs }: { claims: object; expirySeconds: number; nowMs: number },
): string => {
  const exp = Math.floor(nowMs / secondMs) + expirySeconds;
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, exp })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
};

/** Fills settings into one place of a request; a secure one where its scopes name that place alone. */
const fillerFor = ({ parameters, settings }: Installation) => {
  const isFor = (name: string, place: string): boolean => {
    const parameter = parameters.find((one) => one.name === name);
    return parameter !== undefined && (!parameter.secure || (parameter.scopes ?? []).includes(place));
  };
  return (text: string, place: string): string =>
    text.replaceAll(placeholder, (whole, name: string) => (isFor(name, place) ? (settings[name] ?? '') : whole));
};

const textsIn = (value: unknown): [string, string][] =>
  isRecord(value) ? Object.entries(value).map(([name, text]) => [name, String(text)]) : [];

/**
 * What Zendesk's proxy does with a `client.request` that is `secure`: fills in the settings that the browser never sees, signs
 * the token, and asks from the server's side.
 */
export const proxySecurely = async (
  options: Readonly<Record<string, unknown>>,
  { installation, wallNowMs }: { readonly installation: Installation; readonly wallNowMs: () => number },
): Promise<ProxyAnswer> => {
  const fill = fillerFor(installation);
  const url = URL.parse(fill(String(options.url ?? ''), 'url'));
  if (!url || !/^https?:$/.test(url.protocol)) return own(400, 'The url of a secure request is absolute');
  if (![url.host, url.hostname].some((host) => installation.domainWhitelist.includes(host)))
    return own(400, `${url.host} is not in the domainWhitelist of the app's manifest`);
  const { jwt } = options;
  let token = '';
  if (isRecord(jwt)) {
    if (jwt.algorithm !== 'HS256') return own(400, 'The sandbox signs with HS256 alone');
    const secret = fill(String(jwt.secret_key ?? ''), 'jwt_secret_key');
    const claims = textsIn(jwt.claims).map(([name, text]) => [name, fill(text, 'jwt_claim')]);
    token = signToken(secret, {
      claims: Object.fromEntries(claims),
      expirySeconds: Number(jwt.expiry ?? 0),
      nowMs: wallNowMs(),
    });
  }
  const headers = textsIn(options.headers).map(([name, text]): [string, string] => [
    name,
    fill(text, 'header').replaceAll('{{jwt.token}}', token),
  ]);
  const { contentType, data } = options;
  const method = String(options.type ?? options.method ?? 'GET');
  try {
    const answer = await fetch(url, {
      method,
      headers: [
        ...headers,
        ...(typeof contentType === 'string' ? [['content-type', contentType] as [string, string]] : []),
      ],
      ...(typeof data === 'string' && method !== 'GET' && { body: fill(data, 'body') }),
      signal: AbortSignal.timeout(longestMs),
      redirect: 'manual',
    });
    return {
      status: answer.status,
      contentType: answer.headers.get('content-type') ?? 'text/plain',
      body: await answer.text(),
    };
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError'
      ? own(504, 'The host did not answer in time')
      : own(502, 'The host could not be reached');
  }
};
