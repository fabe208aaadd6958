import { RE2JS } from 're2js';
import { BoundedMap } from './bounded-map.ts';

/** A person's pattern, matched in time linear in the text whatever it says (RE2): no lookaround, no back references. */
export interface SafePattern {
  /** What each match gives, in order: its first group, else the whole, with where that begins. */
  matchesIn(text: string): Generator<{ readonly value: string; readonly index: number }>;
}

/** Longer texts are cut: what a pattern looks for stands near their beginning. */
const longestText = 20_000;
const mostMatches = 100;
const longestPattern = 200;
/** Time is the text's length times this; counted repetitions of repetitions alone come near it. */
const largestProgram = 500;

const compile = (source: string): SafePattern | null => {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
  } catch (error) {
    // Whatever it throws, it is about the source: there is no other input.
    if (error instanceof Error) return null;
    throw error;
  }
  if (compiled.programSize() > largestProgram) return null;
  return {
    *matchesIn(text) {
      const matcher = compiled.matcher(text.slice(0, longestText));
      const group = matcher.groupCount() > 0 ? 1 : 0;
      for (let found = 0; found < mostMatches && matcher.find(); found += 1) {
        const value = matcher.group(group);
        if (value) yield { value, index: matcher.start(group) };
      }
    },
  };
};

/** Patterns stand in settings and rules, of which there are few. */
const mostHeld = 500;
const held = new BoundedMap<string, SafePattern | null>(mostHeld);

/** Null where the source is no such pattern. Case plays no part, letters of any script count. Each is compiled once. */
export const safePattern = (source: string): SafePattern | null => {
  if (source === '' || source.length > longestPattern) return null;
  const known = held.get(source);
  if (known !== undefined) return known;
  const pattern = compile(source);
  held.set(source, pattern);
  return pattern;
};

export const notSafePattern =
  'is no regular expression of at most 200 characters without lookaround and back references (RE2), or repeats what repeats too often; write e.g. "LX-(\\d{4,9})"';
