import { at, isObject, type Json, type JsonObject } from './json.ts';
import { localePattern } from './manifest-rules.ts';
import { type AppPackage, textIn } from './package-files.ts';
import { parametersOf } from './parameter-rules.ts';
import { type Rule, when } from './rule.ts';

// What people read before and while they install the app.

const translationPaths = ({ files }: AppPackage): readonly string[] =>
  [...files.keys()].filter((path) => /^translations\/[^/]+\.json$/.test(path));

const parsed = (text: string | null): Json | undefined => {
  try {
    return text === null ? undefined : (JSON.parse(text) as Json);
  } catch {
    // A rule of its own says so.
    return undefined;
  }
};

const readable = (app: AppPackage): readonly (readonly [path: string, texts: JsonObject])[] =>
  translationPaths(app).flatMap((path) => {
    const value = parsed(textIn(app, path));
    return isObject(value) ? [[path, value] as const] : [];
  });

/** Paths of the leaves that are not {title, value}; such a pair is a leaf. */
const bareLeaves = (value: Json | undefined, path: string): string[] => {
  if (!isObject(value)) return [path];
  if (typeof value.title === 'string' && typeof value.value === 'string') return [];
  return Object.entries(value).flatMap(([key, inner]) => bareLeaves(inner, `${path}.${key}`));
};

const listingKeys = [
  ['name'],
  ['short_description', 'description'],
  ['long_description'],
  ['installation_instructions'],
] as const;
const products = ['support', 'chat', 'sell'] as const;

export const translationRules: readonly Rule[] = [
  {
    name: 'translations.name',
    level: 'error',
    faults: ({ app }) =>
      translationPaths(app)
        .filter((path) => !localePattern.test(path.slice('translations/'.length, -'.json'.length)))
        .map((path) => `${path} is not called by a locale such as en.json or pt-br.json`),
  },
  {
    name: 'translations.json',
    level: 'error',
    faults: ({ app }) =>
      translationPaths(app)
        .filter((path) => !isObject(parsed(textIn(app, path))))
        .map((path) => `${path} is not a JSON object`),
  },
  {
    name: 'translations.parameters',
    level: 'error',
    faults: (subject) =>
      readable(subject.app).flatMap(([path, texts]) =>
        parametersOf(subject)
          .map(({ name }) => String(name))
          .filter((name) => !at(texts, 'app', 'parameters', name, 'label'))
          .map((name) => `${path} has no app.parameters.${name}.label`),
      ),
  },
  {
    name: 'translations.package',
    level: 'error',
    faults: ({ app }) =>
      readable(app)
        .filter(([, texts]) => at(texts, 'app', 'package') !== undefined)
        .flatMap(([path, texts]) =>
          bareLeaves(texts.app, 'app')
            // The name of the package itself is a plain text.
            .filter((leaf) => leaf !== 'app.package')
            .map((leaf) => `${path}: ${leaf} must be {title, value} beside app.package`),
        ),
  },
  {
    name: 'translations.listing',
    level: 'error',
    faults: ({ app, manifest }) => {
      const texts = parsed(textIn(app, 'translations/en.json'));
      if (!isObject(texts) || at(texts, 'app', 'package') !== undefined) return [];
      const has = (key: string): boolean =>
        !!at(texts, 'app', key) || products.some((product) => !!at(texts, 'app', key, product));
      // A private app has no listing in the marketplace.
      const wanted = manifest.private === false ? listingKeys : ([['name']] as const);
      return wanted.flatMap((keys) =>
        when(!keys.some(has), `translations/en.json has no app.${keys.join(' or app.')}`),
      );
    },
  },
];
