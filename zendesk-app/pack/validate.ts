import { fileRules } from './file-rules.ts';
import { duplicateKeys, isObject, type Json } from './json.ts';
import { locationRules } from './location-rules.ts';
import { manifestRules } from './manifest-rules.ts';
import { type AppPackage, textIn } from './package-files.ts';
import { parameterRules } from './parameter-rules.ts';
import { requirementRules } from './requirement-rules.ts';
import type { Finding, Rule } from './rule.ts';
import { translationRules } from './translation-rules.ts';

export type { Finding } from './rule.ts';

/**
 * Zendesk checks a package only with a login and a network (zcli apps:validate). These are its rules, as its open validator has
 * them, so that a package can be trusted before it is sent.
 */
export const rules: readonly Rule[] = [
  ...manifestRules,
  ...locationRules,
  ...parameterRules,
  ...translationRules,
  ...requirementRules,
  ...fileRules,
];

/** Rules of manifest.json as a file: without it no other can be asked. */
export const manifestFileRules = ['package.manifest', 'package.nested', 'package.json', 'package.duplicates'] as const;

const error = (rule: (typeof manifestFileRules)[number], text: string): Finding => ({ level: 'error', rule, text });

/** All that Zendesk would say of a package, offline; without errors it is taken. */
export const validate = (app: AppPackage): readonly Finding[] => {
  const text = textIn(app, 'manifest.json');
  if (text === null) {
    const nested = [...app.files.keys()].find((path) => /^[^/]+\/manifest\.json$/.test(path));
    return nested === undefined
      ? [error('package.manifest', 'manifest.json is missing at the root of the package')]
      : [error('package.nested', `${nested} must lie at the root of the package: zip the files, not their folder`)];
  }
  let manifest: Json;
  try {
    manifest = JSON.parse(text) as Json;
  } catch (cause) {
    return [error('package.json', `manifest.json is not JSON: ${cause instanceof Error ? cause.message : cause}`)];
  }
  if (!isObject(manifest)) return [error('package.json', 'manifest.json is not a JSON object')];
  const subject = { app, manifest };
  return [
    ...duplicateKeys(text).map((key) => error('package.duplicates', `manifest.json has the key ${key} twice`)),
    ...rules.flatMap(({ name, level, faults }) => faults(subject).map((fault) => ({ level, rule: name, text: fault }))),
  ];
};
