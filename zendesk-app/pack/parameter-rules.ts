import { isObject, type JsonObject } from './json.ts';
import { type Rule, type Subject, when } from './rule.ts';

// What an admin fills in when the app is installed.

/** `mtls` needs a flag at Zendesk and is left out. */
const types: ReadonlySet<string> = new Set(['text', 'checkbox', 'url', 'number', 'multiline', 'hidden', 'oauth']);
const scopes: ReadonlySet<string> = new Set([
  'header',
  'body',
  'url',
  'jwt_secret_key',
  'jwt_claim',
  'basic_auth_username',
  'basic_auth_password',
]);

export const parametersOf = ({ manifest: { parameters } }: Subject): readonly JsonObject[] =>
  Array.isArray(parameters) ? parameters.filter(isObject) : [];
const nameOf = (parameter: JsonObject): string => String(parameter.name);

/** One fault per parameter that a rule does not like. */
const each =
  (isFault: (parameter: JsonObject) => boolean, says: string): Rule['faults'] =>
  (subject) =>
    parametersOf(subject)
      .filter(isFault)
      .map((parameter) => `manifest.json: the parameter ${nameOf(parameter)} ${says}`);

const isOddBoolean = (value: unknown): boolean => value !== undefined && typeof value !== 'boolean';

export const parameterRules: readonly Rule[] = [
  {
    name: 'parameters.type',
    level: 'error',
    // Without a type it is text.
    faults: each(
      ({ type }) => type !== undefined && !types.has(String(type)),
      `must be one of ${[...types].join(', ')}`,
    ),
  },
  {
    name: 'parameters.unique',
    level: 'error',
    faults: (subject) => {
      const names = parametersOf(subject).map(nameOf);
      return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
        (name) => `manifest.json: two parameters are called ${name}`,
      );
    },
  },
  {
    name: 'parameters.name',
    level: 'error',
    faults: each(({ name }) => name === 'name', 'has a name that Zendesk keeps for the title of the app'),
  },
  {
    name: 'parameters.hidden',
    level: 'error',
    faults: each(({ type, required }) => type === 'hidden' && required === true, 'is hidden and cannot be required'),
  },
  {
    name: 'parameters.oneOauth',
    level: 'error',
    faults: (subject) =>
      when(
        parametersOf(subject).filter(({ type }) => type === 'oauth').length > 1,
        'manifest.json: one parameter of type oauth at most',
      ),
  },
  {
    name: 'parameters.oauthNotSecure',
    level: 'error',
    faults: each(({ type, secure }) => type === 'oauth' && secure === true, 'is of type oauth and cannot be secure'),
  },
  {
    name: 'parameters.booleans',
    level: 'error',
    faults: each(
      ({ required, secure }) => isOddBoolean(required) || isOddBoolean(secure),
      'must say true or false in required and secure',
    ),
  },
  {
    name: 'parameters.scopesSecure',
    level: 'error',
    faults: each((one) => one.scopes !== undefined && one.secure !== true, 'has scopes and must be secure'),
  },
  {
    name: 'parameters.scopes',
    level: 'error',
    faults: each(
      ({ scopes: value }) =>
        value !== undefined &&
        !(Array.isArray(value) && value.length > 0 && value.every((scope) => scopes.has(String(scope)))),
      `must have scopes of ${[...scopes].join(', ')}`,
    ),
  },
  {
    name: 'parameters.secretInTheOpen',
    level: 'warning',
    faults: each(
      ({ name, type, secure }) =>
        (type === undefined || type === 'text') && secure !== true && /token|key|pwd|password/i.test(String(name)),
      'sounds like a secret and is not secure',
    ),
  },
  {
    name: 'parameters.secretDefault',
    level: 'warning',
    faults: each(
      ({ type, secure, default: value }) => value !== undefined && (secure === true || type === 'hidden'),
      'is secure or hidden and has a default that everybody can read',
    ),
  },
  {
    name: 'parameters.secureWithoutScopes',
    level: 'warning',
    faults: each((one) => one.secure === true && one.scopes === undefined, 'is secure and has no scopes'),
  },
];
