import { isObject, type Json, type JsonObject } from './json.ts';
import { textIn } from './package-files.ts';
import { type Rule, type Subject, when } from './rule.ts';

// requirements.json: objects that Zendesk makes with the app. We bring none (they would go, with their values, when the app
// goes); the rules hold for a package that does.

const path = 'requirements.json';
const types: ReadonlySet<string> = new Set([
  'automations',
  'channel_integrations',
  'custom_objects',
  'macros',
  'targets',
  'views',
  'ticket_fields',
  'triggers',
  'user_fields',
  'organization_fields',
  'webhooks',
  'custom_objects_v2',
]);
const mostItems = 5000;
const mostCustomObjects = 50;
const untitled: ReadonlySet<string> = new Set(['webhooks', 'custom_objects', 'custom_objects_v2']);
const keyed: ReadonlySet<string> = new Set(['user_fields', 'organization_fields']);
const webhookKeys = ['name', 'status', 'endpoint', 'http_method', 'request_format'] as const;
const refusedTargets: ReadonlySet<string> = new Set(['http_target', 'url_target_v2']);

const requirementsOf = ({ app }: Subject): JsonObject | null => {
  const text = textIn(app, path);
  if (text === null) return null;
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : null;
  } catch {
    // requirements.json has a rule of its own for that.
    return null;
  }
};

interface Item {
  readonly type: string;
  readonly name: string;
  readonly value: JsonObject;
}

const itemsOf = (subject: Subject): readonly Item[] =>
  Object.entries(requirementsOf(subject) ?? {}).flatMap(([type, items]) =>
    isObject(items)
      ? Object.entries(items).map(([name, value]) => ({ type, name, value: isObject(value) ? value : {} }))
      : [],
  );

const where = ({ type, name }: Item): string => `${path}: ${type}.${name}`;

export const requirementRules: readonly Rule[] = [
  {
    name: 'requirements.json',
    level: 'error',
    faults: (subject) =>
      when(subject.app.files.has(path) && requirementsOf(subject) === null, `${path} is not a JSON object`),
  },
  {
    name: 'requirements.types',
    level: 'error',
    faults: (subject) =>
      Object.keys(requirementsOf(subject) ?? {})
        .filter((type) => !types.has(type))
        .map((type) => `${path}: ${type} is nothing that an app can bring`),
  },
  {
    name: 'requirements.count',
    level: 'error',
    faults: (subject) => when(itemsOf(subject).length > mostItems, `${path} has more than ${mostItems} items`),
  },
  {
    name: 'requirements.customObjects',
    level: 'error',
    faults: (subject) =>
      when(
        itemsOf(subject).filter(({ type }) => type.startsWith('custom_objects')).length > mostCustomObjects,
        `${path} has more than ${mostCustomObjects} custom objects`,
      ),
  },
  {
    name: 'requirements.title',
    level: 'error',
    faults: (subject) =>
      itemsOf(subject)
        .filter(({ type, value }) => !untitled.has(type) && !value.title)
        .map((item) => `${where(item)} has no title`),
  },
  {
    name: 'requirements.key',
    level: 'error',
    faults: (subject) =>
      itemsOf(subject)
        .filter(({ type, value }) => keyed.has(type) && !value.key)
        .map((item) => `${where(item)} has no key`),
  },
  {
    name: 'requirements.webhooks',
    level: 'error',
    faults: (subject) =>
      itemsOf(subject)
        .filter(({ type }) => type === 'webhooks')
        .flatMap((item) => webhookKeys.filter((key) => !item.value[key]).map((key) => `${where(item)} has no ${key}`)),
  },
  {
    name: 'requirements.targets',
    level: 'error',
    faults: (subject) =>
      itemsOf(subject)
        .filter(({ type, value }) => type === 'targets' && refusedTargets.has(String(value.type)))
        .map((item) => `${where(item)} is of a type that Zendesk no longer makes; use a webhook`),
  },
];
