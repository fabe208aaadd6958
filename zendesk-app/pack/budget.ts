import { gzipSync } from 'node:zlib';

/** What Vite's build says of a piece of JavaScript. */
export interface Chunk {
  readonly fileName: string;
  readonly isEntry: boolean;
  /** Loaded with it. */
  readonly imports: readonly string[];
  readonly code: string;
  /** The source it stands for, where it is one that is loaded by itself. */
  readonly facadeModuleId: string | null;
}

/** JavaScript that is loaded before anything is seen, gzipped: 100 kB. Zendesk's own SDK is not counted. */
export const firstPaintLimit = 100_000;

export const gzippedBytes = (code: string): number => gzipSync(code, { level: 9 }).length;

/** Bytes by file: the entry, all it imports, and the largest language, for one of them is always needed. */
export const firstPaint = (chunks: readonly Chunk[]): ReadonlyMap<string, number> => {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const files = new Map<string, number>();
  const add = (name: string): void => {
    const chunk = byName.get(name);
    if (!chunk || files.has(name)) return;
    files.set(name, gzippedBytes(chunk.code));
    chunk.imports.forEach(add);
  };
  for (const { fileName, isEntry } of chunks) if (isEntry) add(fileName);
  const [largest] = chunks
    .filter(({ facadeModuleId }) => facadeModuleId?.includes('/translations/'))
    .sort((a, b) => gzippedBytes(b.code) - gzippedBytes(a.code));
  if (largest) add(largest.fileName);
  return files;
};
