import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { validate } from '../../zendesk-app/pack/validate.ts';

const folder = new URL('../../../shared/contracts/zendesk/app-manifests/', import.meta.url);
const read = (name: string): Uint8Array => readFileSync(new URL(name, folder));

/** A package of one manifest and one file of translations, with the pages that it names. */
const errorsOf = (manifest: string, translations: string): readonly string[] => {
  const pages = JSON.stringify(JSON.parse(new TextDecoder().decode(read(manifest)))).match(/assets\/[\w.-]+/g) ?? [];
  const files = new Map<string, Uint8Array>([
    ['manifest.json', read(manifest)],
    ['translations/en.json', read(translations)],
    ...pages.map((page) => [page, new Uint8Array()] as const),
  ]);
  return validate({ files, links: [] })
    .filter(({ level }) => level === 'error')
    .map(({ rule }) => rule);
};

const manifests = readdirSync(folder).filter((name) => name.endsWith('.manifest.json'));
const valid = manifests.filter((name) => /sample_app|scaffold/.test(name));

test.each(valid)("Zendesk's own %s is taken", (name) => {
  expect(valid.length).toBeGreaterThan(2);
  // Labels of parameters stand in translations that are not among the examples.
  expect(
    errorsOf(name, 'app_scaffold.translations.en.json').filter((rule) => rule !== 'translations.parameters'),
  ).toEqual([]);
});

test.each([
  ['zas_invalid_location.manifest.json', /^location\./],
  ['zas_v1_app.manifest.json', /^manifest\.frameworkVersion$/],
] as const)("Zendesk's %s is refused", (name, rule) => {
  expect(errorsOf(name, 'app_scaffold.translations.en.json').some((one) => rule.test(one))).toBe(true);
});

test("Zendesk's requirements and listing are taken", () => {
  expect(errorsOf('app_scaffold.manifest.json', 'zas_valid_en_public.translations.json')).toEqual([]);
});
