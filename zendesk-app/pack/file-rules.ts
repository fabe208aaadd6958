import { type AppPackage, textIn } from './package-files.ts';
import { type Rule, when } from './rule.ts';

// What the files themselves may be.

const refusedEndings: ReadonlySet<string> = new Set(
  'rar zip gz gzip pdf doc docx avi bin bz bz2 csh sh jar mp3 mpeg odt ppt pptx xls xlsx 7z'.split(' '),
);
const endingOf = (path: string): string => /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
const pathsOf = ({ files }: AppPackage, ...endings: readonly string[]): readonly string[] =>
  [...files.keys()].filter((path) => endings.includes(endingOf(path)));

/** Zendesk takes these away, and the picture may no longer be what it was. */
const unsafeSvg =
  /<script|<foreignObject|<iframe|\son\w+\s*=|javascript:|<!ENTITY|(?:xlink:)?href\s*=\s*["']\s*(?!#|data:image)/i;
const bitmapInSvg = /<image\b|data:image\/(?:png|jpe?g|gif|webp|bmp)/i;

const bannerSizes: readonly (readonly [width: number, height: number])[] = [
  [830, 200],
  [1660, 400],
];
const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Width and height of a PNG, from its first chunk; null where it is none. */
export const pngSize = (bytes: Uint8Array): readonly [width: number, height: number] | null => {
  if (bytes.length < 24 || !pngSignature.every((byte, at) => bytes[at] === byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [view.getUint32(16), view.getUint32(20)];
};

/** What Zendesk looks for finds names and labels as well; what is worth a look has a value beside it, or asks by http. */
const secretWords = /password|secret|api_key|apikey|private_key|access_token/i;
const secretValue =
  /-----BEGIN [A-Z ]*PRIVATE KEY|(?:password|secret|api_?key|private_?key|access_?token)\w*["'`]?\s*[:=]\s*(["'`])(?!\{\{)[^"'`\s]{4,}\1/i;
const httpAddress = /http:\/\//i;
const httpRequest = /(?:(?:src|href|action|url)["'`]?\s*[:=]\s*|\b(?:fetch|open|ajax|import)\(\s*)["'`]?http:\/\//i;

const filesOf = (count: number): string => (count === 1 ? '1 file' : `${count} files`);

export const fileRules: readonly Rule[] = [
  {
    name: 'files.links',
    level: 'error',
    faults: ({ app }) => app.links.map((path) => `${path} is a symbolic link; put the file itself there`),
  },
  {
    name: 'files.types',
    level: 'error',
    faults: ({ app }) =>
      [...app.files.keys()]
        .filter((path) => refusedEndings.has(endingOf(path)))
        .map((path) => `${path} is of a type that Zendesk refuses`),
  },
  {
    name: 'files.svg',
    level: 'error',
    faults: ({ app }) =>
      pathsOf(app, 'svg')
        .filter((path) => unsafeSvg.test(textIn(app, path) ?? ''))
        .map((path) => `${path} has scripts, handlers or links; draw with shapes alone`),
  },
  {
    name: 'files.svgBitmap',
    level: 'error',
    faults: ({ app }) =>
      pathsOf(app, 'svg')
        .filter((path) => bitmapInSvg.test(textIn(app, path) ?? ''))
        .map((path) => `${path} holds a bitmap; draw with shapes alone`),
  },
  {
    name: 'files.banner',
    level: 'error',
    faults: ({ app }) => {
      const bytes = app.files.get('assets/banner.png');
      const size = bytes && pngSize(bytes);
      const isFine = size && bannerSizes.some(([width, height]) => size[0] === width && size[1] === height);
      return when(bytes !== undefined && !isFine, 'assets/banner.png must be a PNG of 830 x 200 or 1660 x 400');
    },
  },
  {
    name: 'files.secrets',
    level: 'warning',
    faults: ({ app }) =>
      pathsOf(app, 'html', 'xml', 'js', 'json')
        .filter((path) => secretValue.test(textIn(app, path) ?? ''))
        .map((path) => `${path} holds a value that sounds like a secret, and everybody can read it`),
  },
  {
    name: 'files.http',
    level: 'warning',
    faults: ({ app }) =>
      pathsOf(app, 'html', 'js')
        .filter((path) => httpRequest.test(textIn(app, path) ?? ''))
        .map((path) => `${path} asks an address by http, which browsers block: use https`),
  },
  {
    name: 'files.secretWords',
    level: 'remark',
    faults: ({ app }) => {
      const texts = pathsOf(app, 'html', 'xml', 'js', 'json').map((path) => textIn(app, path) ?? '');
      const named = texts.filter((text) => secretWords.test(text) && !secretValue.test(text)).length;
      return when(named > 0, `words such as "secret" in ${filesOf(named)}, which are names and labels without a value`);
    },
  },
  {
    name: 'files.httpNames',
    level: 'remark',
    faults: ({ app }) => {
      const texts = pathsOf(app, 'html', 'js').map((path) => textIn(app, path) ?? '');
      const named = texts.filter((text) => httpAddress.test(text) && !httpRequest.test(text)).length;
      return when(named > 0, `http:// in ${filesOf(named)}, which names a namespace or a page and is never asked`);
    },
  },
];
