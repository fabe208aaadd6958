import type { z } from 'zod';
import type { Adapter } from './connection-settings.ts';

/** One setting of a kind of connection, as forms, questions and documents show it; from the adapter's schema alone. */
export interface SettingField {
  readonly key: string;
  /** What a person is asked for; the key where the schema has no title. */
  readonly title: string;
  /** What it is and where to find it, one line. */
  readonly about: string;
  readonly secret: boolean;
  readonly required: boolean;
  /** Whether it tells which account the connection leads to. */
  readonly identifies: boolean;
  /** What holds where nothing is given; null: nothing. */
  readonly otherwise: string | null;
  readonly schema: z.ZodType;
}

const defaultOf = (schema: z.ZodType): { readonly required: boolean; readonly otherwise: string | null } => {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success) return { required: true, otherwise: null };
  const { data } = parsed;
  const isEmpty =
    data === undefined || data === '' || (typeof data === 'object' && Object.keys(data ?? {}).length === 0);
  return { required: false, otherwise: isEmpty ? null : String(data) };
};

/** The settings of a kind in the order of its schema; title, description and `identifies` come from each schema's metadata. */
export const settingsForm = ({ settings, secretKeys }: Adapter): SettingField[] =>
  Object.entries(settings.shape as Record<string, z.ZodType>).map(([key, schema]) => {
    const meta = schema.meta() ?? {};
    return {
      key,
      title: meta.title ?? key,
      about: meta.description ?? '',
      secret: secretKeys.includes(key),
      identifies: meta.identifies === true,
      schema,
      ...defaultOf(schema),
    };
  });

/** Whether two sets of settings of one kind lead to the same account. */
export const isSameAccount = (
  adapter: Adapter,
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): boolean => {
  const keys = settingsForm(adapter).flatMap(({ key, identifies }) => (identifies ? [key] : []));
  return keys.length > 0 && [...keys, 'baseUrl'].every((key) => one[key] === other[key]);
};
