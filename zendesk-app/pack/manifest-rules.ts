import { at, isObject, type Json, type JsonObject } from './json.ts';
import { type Rule, when } from './rule.ts';

// What Zendesk asks of manifest.json. Source: the open validator of Zendesk (zendesk_apps_support), read 2026-08.

const strings = [
  ['defaultLocale'],
  ['version'],
  ['frameworkVersion'],
  ['remoteInstallationURL'],
  ['termsConditionsURL'],
  ['gaID'],
  ['author', 'name'],
  ['author', 'email'],
  ['author', 'url'],
] as const;
const urls = [['termsConditionsURL'], ['author', 'url']] as const;
const booleans = ['requirementsOnly', 'marketingOnly', 'singleInstall', 'signedUrls', 'private'] as const;
const experiments: ReadonlySet<string> = new Set(['hashParams', 'newCssCompiler']);
export const localePattern = /^[a-z]{2,3}(-\w{2,3})?$/;

/** Apps that only bring objects or a listing have no frame. */
const isFrameless = (manifest: JsonObject): boolean =>
  manifest.requirementsOnly === true || manifest.marketingOnly === true;

const isWebAddress = (value: string): boolean => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);

const framed = ['location', 'frameworkVersion'] as const;

export const manifestRules: readonly Rule[] = [
  {
    name: 'manifest.required',
    level: 'error',
    faults: ({ manifest }) =>
      ['author', 'defaultLocale', ...(isFrameless(manifest) ? [] : framed)]
        .filter((key) => manifest[key] === undefined)
        .map((key) => `manifest.json has no ${key}`),
  },
  {
    name: 'manifest.frameless',
    level: 'error',
    faults: ({ manifest }) =>
      framed
        .filter((key) => isFrameless(manifest) && manifest[key] !== undefined)
        .map((key) => `manifest.json: ${key} is not allowed with requirementsOnly or marketingOnly`),
  },
  {
    name: 'manifest.frameworkVersion',
    level: 'error',
    faults: ({ manifest }) =>
      when(
        !isFrameless(manifest) && manifest.frameworkVersion !== undefined && manifest.frameworkVersion !== '2.0',
        'manifest.json: frameworkVersion must be the string "2.0"',
      ),
  },
  {
    name: 'manifest.strings',
    level: 'error',
    faults: ({ manifest }) =>
      strings
        .filter((path) => !['string', 'undefined'].includes(typeof at(manifest, ...path)))
        .map((path) => `manifest.json: ${path.join('.')} must be a string`),
  },
  {
    name: 'manifest.urls',
    level: 'error',
    faults: ({ manifest }) =>
      urls.flatMap((path) => {
        const value = at(manifest, ...path);
        return when(
          typeof value === 'string' && !isWebAddress(value),
          `manifest.json: ${path.join('.')} must be an http or https address`,
        );
      }),
  },
  {
    name: 'manifest.booleans',
    level: 'error',
    faults: ({ manifest }) =>
      booleans
        .filter((key) => !['boolean', 'undefined'].includes(typeof manifest[key]))
        .map((key) => `manifest.json: ${key} must be true or false`),
  },
  {
    name: 'manifest.domainWhitelist',
    level: 'error',
    faults: ({ manifest }) => {
      const list = manifest.domainWhitelist;
      const isFine =
        list === undefined || (Array.isArray(list) && list.every((domain: Json) => typeof domain === 'string'));
      return when(!isFine, 'manifest.json: domainWhitelist must be a list of strings');
    },
  },
  {
    name: 'manifest.parameters',
    level: 'error',
    faults: ({ manifest: { parameters } }) =>
      when(
        parameters !== undefined && !(Array.isArray(parameters) && parameters.every(isObject)),
        'manifest.json: parameters must be a list of objects',
      ),
  },
  {
    name: 'manifest.experiments',
    level: 'error',
    faults: ({ manifest: { experiments: value } }) =>
      when(value !== undefined && !isObject(value), 'manifest.json: experiments must be an object'),
  },
  {
    name: 'manifest.knownExperiments',
    level: 'error',
    faults: ({ manifest: { experiments: value } }) =>
      isObject(value)
        ? Object.keys(value)
            .filter((name) => !experiments.has(name))
            .map((name) => `manifest.json: the experiment ${name} is not known; use hashParams or newCssCompiler`)
        : [],
  },
  {
    name: 'manifest.defaultLocale',
    level: 'error',
    faults: ({ manifest: { defaultLocale }, app }) => {
      if (typeof defaultLocale !== 'string') return [];
      if (!localePattern.test(defaultLocale))
        return [`manifest.json: defaultLocale "${defaultLocale}" is not written as "en" or "pt-br"`];
      const path = `translations/${defaultLocale}.json`;
      return when(!app.files.has(path), `${path} is missing: defaultLocale names it`);
    },
  },
  {
    name: 'manifest.oauth',
    level: 'error',
    faults: ({ manifest: { oauth, parameters } }) => {
      if (oauth === undefined) return [];
      const keys = ['client_id', 'client_secret', 'authorize_uri', 'access_token_uri'];
      const missing = keys.filter((key) => !at(oauth, key));
      const hasParameter = Array.isArray(parameters) && parameters.some((one: Json) => at(one, 'type') === 'oauth');
      return [
        ...when(missing.length > 0, `manifest.json: oauth lacks ${missing.join(', ')}`),
        ...when(!hasParameter, 'manifest.json: oauth needs a parameter of type oauth'),
      ];
    },
  },
];
