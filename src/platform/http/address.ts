import { lookup as resolve } from 'node:dns';
import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import { InvalidInput, Refused } from '../../core/errors.ts';

// IANA special-purpose registries: everything that is not a public host of the internet.
const notPublic = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  notPublic.addSubnet(net, prefix, 'ipv4');

// Of IPv6 only 2000::/3 is public; inside it these carry an IPv4 address or are for documents and tests.
const publicV6 = new BlockList();
publicV6.addSubnet('2000::', 3, 'ipv6');
for (const [net, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  notPublic.addSubnet(net, prefix, 'ipv6');

/** Whether an IP address is one that only our own network, or this machine, can mean. Mapped IPv4 addresses count as IPv6. */
export const isPrivateAddress = (address: string): boolean => {
  const bare = address.replace(/%.*$/, '');
  if (isIPv6(bare)) return !publicV6.check(bare, 'ipv6') || notPublic.check(bare, 'ipv6');
  return notPublic.check(bare, 'ipv4');
};

const refusal = (host: string) =>
  new Refused(
    `${host} is a private, loopback or link-local address, to which nothing is sent. Correct the baseUrl of the connection, or set ` +
      'ALLOW_PRIVATE_UPSTREAMS=true where it is meant.',
  );

/** A host name that can only mean this machine. */
const isLocalName = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost');

/** Whether an address of ours can only be reached from this machine or its own network: no helpdesk out there gets to it. */
export const isPrivateUrl = (url: string): boolean => {
  const host = (URL.parse(url)?.hostname ?? '').replace(/^\[|\]$/g, '');
  return isLocalName(host) || (isIP(host) !== 0 && isPrivateAddress(host));
};

/** Whether a vendor can reach us at this address: one on another address than the vendor's own is one on this machine, as in tests. */
export const isReachableAt = (url: string, { baseUrl }: Readonly<Record<string, unknown>>): boolean =>
  !isPrivateUrl(url) || baseUrl !== undefined;

/**
 * The base URL of a connection: what the settings give, else the vendor's own. Throws InvalidInput where it is no such URL and
 * Refused where it leads to a host other than the vendor's, into a private network, or over plain http, and that is not allowed.
 */
export const baseUrlOf = ({
  given,
  vendor,
  allowPrivate,
}: {
  readonly given?: string | undefined;
  readonly vendor: string;
  readonly allowPrivate: boolean;
}): string => {
  const url = parseBase(given ?? vendor);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate) {
    if (isLocalName(host) || (isIP(host) !== 0 && isPrivateAddress(host))) throw refusal(host);
    if (url.protocol !== 'https:') throw new Refused(`baseUrl must start with https:// (it leads to ${url.host})`);
    if (url.host !== new URL(vendor).host)
      throw new Refused(
        `baseUrl leads to ${url.host} instead of ${new URL(vendor).host}. Leave it out, or set ALLOW_PRIVATE_UPSTREAMS=true where it is meant.`,
      );
  }
  return url.href.replace(/\/+$/, '');
};

const parseBase = (text: string): URL => {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new InvalidInput('baseUrl is not a plain web address; write it as https://host/path', [
      { field: 'baseUrl', reason: 'must be http(s)://host, without credentials, query or fragment' },
    ]);
  return url;
};

/** Name resolution that refuses a name as soon as one of its addresses is private. */
export const publicLookup: LookupFunction = (host, options, done) => {
  resolve(host, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, '');
    if (addresses.some(({ address }) => isPrivateAddress(address))) return done(refusal(host), '');
    const [first] = addresses;
    if (options.all) return done(null, addresses);
    return done(null, first?.address ?? '', first?.family);
  });
};

const idleMs = 30_000;
const agentsWith = (lookup: { readonly lookup?: LookupFunction }) => {
  const options = { keepAlive: true, timeout: idleMs, ...lookup };
  return { httpAgent: new PlainAgent(options), httpsAgent: new SecureAgent(options) };
};
const agents = { anywhere: agentsWith({}), publicOnly: agentsWith({ lookup: publicLookup }) };

/**
 * The connections to vendors, kept alive and shared by all clients. Without `allowPrivate` the address is checked at the moment
 * of connecting, so that a name which changes its address after a check (DNS rebinding) gains nothing.
 */
export const agentsFor = (allowPrivate: boolean) => agents[allowPrivate ? 'anywhere' : 'publicOnly'];
