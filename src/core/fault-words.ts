import { z } from 'zod';

/** One fault in a person's or a vendor's input: where it is and what is wrong with it. */
export interface InputFault {
  /** A field path, a column name or a header, e.g. "rates.csv row 3, column hourly". */
  readonly field: string;
  /** Reads on from the field: "is empty; a value is needed". */
  readonly reason: string;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object of names and values',
  date: 'a moment',
  null: 'null',
  nan: 'no number',
};

const kindWords = (kind: string): string => kinds[kind] ?? kind;

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number' && Number.isNaN(value)) return 'nan';
  return typeof value;
};

const listed = (values: readonly unknown[]): string => values.map(String).join(', ');

const choice = (values: readonly unknown[]): string =>
  values.length === 1 ? `"${values[0]}"` : `one of ${listed(values)}`;

const formats: Readonly<Record<string, string>> = {
  email: 'is not an e-mail address; write it as name@example.com',
  url: 'is not a web address; write it whole, from https:// on',
  date: 'is not a day; write it as YYYY-MM-DD',
  datetime: 'is not a moment; write it as 2026-01-31T09:30:00Z',
};

const sizeUnits: Readonly<Record<string, string>> = { string: 'characters', array: 'entries', set: 'entries' };

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

const tooSmall = ({ origin, minimum, inclusive }: RawIssue & { code: 'too_small' }): string => {
  const unit = sizeUnits[String(origin)];
  if (unit && Number(minimum) === 1) return 'is empty; a value is needed';
  return unit
    ? `needs at least ${minimum} ${unit}`
    : `must be ${inclusive === false ? 'above' : 'at least'} ${minimum}`;
};

const tooBig = ({ origin, maximum, inclusive }: RawIssue & { code: 'too_big' }): string => {
  const unit = sizeUnits[String(origin)];
  return unit
    ? `may have at most ${maximum} ${unit}`
    : `must be ${inclusive === false ? 'below' : 'at most'} ${maximum}`;
};

/** Names that an object's schema knows; none where the schema is of another kind. */
const knownNames = (schema: unknown): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

const unknownName = (schema: unknown): string => {
  const names = knownNames(schema);
  return names.length === 0 ? 'is not known here; none is taken' : `is not known here; allowed are ${listed(names)}`;
};

/** Values of the discriminator that one of the union's members has. */
const discriminants = (schema: unknown, discriminator: string): readonly unknown[] =>
  schema instanceof z.ZodDiscriminatedUnion
    ? schema.options.flatMap((option) => [...(option._zod.propValues?.[discriminator] ?? [])])
    : [];

const noMember = (issue: RawIssue & { code: 'invalid_union' }): string => {
  if (typeof issue.discriminator === 'string') {
    const values = discriminants(issue.inst, issue.discriminator);
    return values.length === 0 ? 'is none of the known kinds' : `must be ${choice(values)}`;
  }
  const tried = (issue.errors ?? []).map((issues) => issues[0]);
  // The member whose type was right says what is wrong with the value.
  const close = tried.find((one) => one && (one.code !== 'invalid_type' || one.path.length > 0));
  const reasons = close ? [close.message] : tried.flatMap((one) => (one ? [one.message] : []));
  return [...new Set(reasons)].join(', or ') || 'is not valid';
};

/** What zod's own texts become: what is wrong, what is expected, and nothing of the value, which may be a secret. */
const words: z.core.$ZodErrorMap = (issue) => {
  const missing = issue.input === undefined;
  switch (issue.code) {
    case 'invalid_type': {
      const expected = kindWords(String(issue.expected));
      if (missing) return `is missing; ${expected} is needed`;
      const got =
        issue.expected === 'int' && typeof issue.input === 'number' ? 'a fraction' : kindWords(kindOf(issue.input));
      return `must be ${expected}, not ${got}`;
    }
    case 'invalid_value':
      return `${missing ? 'is missing; it ' : ''}must be ${choice(issue.values as readonly unknown[])}`;
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    case 'invalid_format':
      return formats[String(issue.format)] ?? 'is not written as expected';
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return unknownName(issue.inst);
    case 'invalid_union':
      return noMember(issue);
    default:
      return 'is not valid';
  }
};

/**
 * From here on faults are told in our words, in the whole process: for a process to call once, before it reads any input. A
 * schema's own text goes before these; only zod's English is replaced.
 */
export const speakOurWords = (): void => {
  z.config({ localeError: words });
};

/**
 * The issues of a schema as faults, one per field; of a strict object one per unknown name. `whole` is the field where the
 * fault is in the input as a whole.
 */
export const faultsOf = (issues: readonly z.core.$ZodIssue[], whole: string): InputFault[] =>
  issues.flatMap((issue) => {
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => ({ field: path.map(String).join('.') || whole, reason: issue.message }));
  });
