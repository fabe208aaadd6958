import type { JsonObject } from './json.ts';
import type { AppPackage } from './package-files.ts';

/** Errors keep Zendesk from taking the package; warnings it takes and tells; so it does remarks, which nobody has to act on. */
export type Level = 'error' | 'warning' | 'remark';

export interface Subject {
  readonly app: AppPackage;
  readonly manifest: JsonObject;
}

export interface Rule {
  readonly name: string;
  readonly level: Level;
  /** What is wrong, where and what to do; nothing where all is well. */
  readonly faults: (subject: Subject) => readonly string[];
}

export interface Finding {
  readonly level: Level;
  readonly rule: string;
  readonly text: string;
}

/** The fault where it holds. */
export const when = (isFault: boolean, text: string): string[] => (isFault ? [text] : []);
