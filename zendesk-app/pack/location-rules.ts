import { isObject, type JsonObject } from './json.ts';
import type { AppPackage } from './package-files.ts';
import { type Rule, type Subject, when } from './rule.ts';

// Where an app appears, and the page it shows there.

const hosts: ReadonlySet<string> = new Set([
  ...['support', 'chat', 'standalone_chat', 'sell'],
  // Their former names.
  ...['zendesk', 'zopim', 'lotus_box'],
]);
const supportHosts: ReadonlySet<string> = new Set(['support', 'zendesk']);
const supportLocations: ReadonlySet<string> = new Set([
  'top_bar',
  'nav_bar',
  'ticket_sidebar',
  'new_ticket_sidebar',
  'user_sidebar',
  'organization_sidebar',
  'background',
  'modal',
  'ticket_editor',
  'system_top_bar',
]);
/** Needs a flag at Zendesk, and says of which objects. */
const flagged = 'custom_object_record_sidebar';

interface Place {
  readonly host: string;
  readonly name: string;
  readonly options: JsonObject;
}

/** A location may be an address alone. */
const optionsOf = (value: unknown): JsonObject => {
  if (typeof value === 'string') return { url: value };
  return isObject(value) ? value : {};
};

const placesOf = ({ manifest: { location } }: Subject): readonly Place[] =>
  isObject(location)
    ? Object.entries(location).flatMap(([host, places]) =>
        isObject(places)
          ? Object.entries(places).map(([name, value]) => ({ host, name, options: optionsOf(value) }))
          : [],
      )
    : [];

const pageExists = (url: string, app: AppPackage): boolean => {
  if (url.includes('{{setting.')) return true;
  if (URL.canParse(url)) {
    const { protocol, hostname } = new URL(url);
    return protocol === 'https:' || hostname === 'localhost';
  }
  const [path = ''] = url.split(/[?#]/);
  return path.startsWith('assets/') && app.files.has(path);
};

export const locationRules: readonly Rule[] = [
  {
    name: 'location.shape',
    level: 'error',
    faults: ({ manifest: { location } }) =>
      when(
        location !== undefined && !(isObject(location) && Object.values(location).every(isObject)),
        'manifest.json: location must name hosts, and in each its locations',
      ),
  },
  {
    name: 'location.host',
    level: 'error',
    faults: ({ manifest: { location } }) =>
      isObject(location)
        ? Object.keys(location)
            .filter((host) => !hosts.has(host))
            .map((host) => `manifest.json: location names the unknown host ${host}`)
        : [],
  },
  {
    name: 'location.support',
    level: 'error',
    faults: (subject) =>
      placesOf(subject)
        .filter(({ host }) => supportHosts.has(host))
        .filter(({ name, options }) =>
          name === flagged ? options.objectTypes === undefined : !supportLocations.has(name),
        )
        .map(({ name }) => `manifest.json: ${name} is no location of Support, or lacks objectTypes`),
  },
  {
    name: 'location.url',
    level: 'error',
    faults: (subject) =>
      placesOf(subject).flatMap(({ name, options: { url, autoLoad } }) => {
        if (url === undefined || url === '')
          return when(autoLoad !== false, `manifest.json: ${name} needs a url, or autoLoad: false`);
        if (typeof url !== 'string') return [`manifest.json: the url of ${name} must be a string`];
        return when(
          !pageExists(url, subject.app),
          `manifest.json: the url of ${name} must be https or a file of assets/ in the package`,
        );
      }),
  },
  {
    name: 'location.flexible',
    level: 'error',
    faults: (subject) =>
      placesOf(subject)
        .filter(({ options: { flexible } }) => flexible !== undefined && typeof flexible !== 'boolean')
        .map(({ name }) => `manifest.json: flexible of ${name} must be true or false`),
  },
  {
    name: 'location.noTemplate',
    level: 'error',
    faults: (subject) => [
      ...when(subject.manifest.noTemplate !== undefined, 'manifest.json: noTemplate is not known to version 2'),
      ...placesOf(subject)
        .filter(({ options }) => options.noTemplate !== undefined)
        .map(({ name }) => `manifest.json: noTemplate of ${name} is not known to version 2`),
    ],
  },
];
