import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** A source file: its path from the root of the repository, with "/", and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const generated = 'src/platform/database/generated';

/** All TypeScript of a folder, without what is generated. */
export const readSources = (folder: string): SourceFile[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative('.', join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.startsWith(`${generated}/`))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

/** The text without comments. A string that holds a comment's sign loses its end: fine for a search of code. */
export const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:'"`\\])\/\/.*$/gm, '$1');

/** A static import or re-export, an import for its effect, a dynamic import or a type's. */
const specifier = /(?:^\s*(?:import|export)\b[^;'"`]*?\bfrom\s*|^\s*import\s*|\bimport\(\s*)(['"])([^'"\n]+)\1/gm;
/** Those of them that are followed when the file is loaded. */
const staticSpecifier = /(?:^\s*(?:import|export)\b(?!\s*type\b)[^;'"`]*?\bfrom\s*|^\s*import\s*)(['"])([^'"\n]+)\1/gm;

const targetsOf = ({ path, text }: SourceFile, pattern: RegExp): string[] =>
  [...withoutComments(text).matchAll(pattern)].map((match) => {
    const target = match[2] as string;
    return target.startsWith('.') ? join(path, '..', target).split(sep).join('/') : target;
  });

/** What a file imports or re-exports: packages by name, own files by path from the root. */
export const importsOf = (file: SourceFile): string[] => targetsOf(file, specifier);

/** What is loaded with a file: its imports without dynamic ones and those of types alone. */
export const staticImportsOf = (file: SourceFile): string[] => targetsOf(file, staticSpecifier);
