import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AppPackage } from '../../../zendesk-app/pack/package-files.ts';
import { manifestFileRules, rules, validate } from '../../../zendesk-app/pack/validate.ts';

type Manifest = Record<string, unknown>;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (path: string): string => readFileSync(`zendesk-app/${path}`, 'utf8');
const manifest = JSON.parse(read('manifest.json')) as Manifest;

/** Our own package, its built files left out; a change of null takes a file away. */
const packageWith = (
  change: Manifest = {},
  files: Record<string, string | Uint8Array | null> = {},
  links: readonly string[] = [],
): AppPackage => {
  const all = new Map<string, Uint8Array>([
    ['manifest.json', bytes(JSON.stringify({ ...manifest, ...change }))],
    ['assets/iframe.html', bytes('<!doctype html>')],
    ['assets/logo.svg', bytes(read('assets/logo.svg'))],
    ...readdirSync('zendesk-app/translations').map(
      (name) => [`translations/${name}`, bytes(read(`translations/${name}`))] as const,
    ),
  ]);
  for (const [path, content] of Object.entries(files))
    if (content === null) all.delete(path);
    else all.set(path, typeof content === 'string' ? bytes(content) : content);
  return { files: all, links };
};

const located = (places: unknown): Manifest => ({ location: { support: places } });
const withParameters = (...parameters: unknown[]): Manifest => ({ parameters });
const text = (name: string, more: Manifest = {}): Manifest => ({ name, type: 'text', ...more });
const required = (requirements: unknown): AppPackage =>
  packageWith({}, { 'requirements.json': JSON.stringify(requirements) });
const png = (width: number, height: number): Uint8Array => {
  const made = new Uint8Array(24);
  made.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(made.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return made;
};
const items = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`item_${at}`, { title: `Item ${at}` }]));
const listing = (app: Manifest): AppPackage =>
  packageWith({ private: false, parameters: [] }, { 'translations/en.json': JSON.stringify({ app }) });

/** For each rule packages that break it; every one must break this rule. */
const examples: Record<string, readonly AppPackage[]> = {
  'package.manifest': [packageWith({}, { 'manifest.json': null })],
  'package.nested': [packageWith({}, { 'manifest.json': null, 'app/manifest.json': '{}' })],
  'package.json': [packageWith({}, { 'manifest.json': '{"name": ' }), packageWith({}, { 'manifest.json': '[]' })],
  'package.duplicates': [packageWith({}, { 'manifest.json': '{"name": "a", "x": {"name": 1}, "name": "b"}' })],

  'manifest.required': ['author', 'defaultLocale', 'location', 'frameworkVersion'].map((key) =>
    packageWith({ [key]: undefined }),
  ),
  'manifest.frameless': [packageWith({ requirementsOnly: true }), packageWith({ marketingOnly: true })],
  'manifest.frameworkVersion': [
    packageWith({ frameworkVersion: '1.0' }),
    packageWith({ frameworkVersion: 2 }),
    packageWith({ frameworkVersion: '2' }),
  ],
  'manifest.strings': [
    packageWith({ version: 1 }),
    packageWith({ gaID: 7 }),
    packageWith({ author: { name: 'A', email: 5 } }),
    packageWith({ defaultLocale: true }),
  ],
  'manifest.urls': [
    packageWith({ termsConditionsURL: 'terms' }),
    packageWith({ author: { name: 'A', email: 'a@example.com', url: 'ftp://example.com' } }),
  ],
  'manifest.booleans': ['requirementsOnly', 'marketingOnly', 'singleInstall', 'signedUrls', 'private'].map((key) =>
    packageWith({ [key]: 'yes' }),
  ),
  'manifest.domainWhitelist': [
    packageWith({ domainWhitelist: 'desk.example.com' }),
    packageWith({ domainWhitelist: [1] }),
  ],
  'manifest.parameters': [packageWith({ parameters: {} }), packageWith({ parameters: ['token'] })],
  'manifest.experiments': [packageWith({ experiments: ['hashParams'] })],
  'manifest.knownExperiments': [packageWith({ experiments: { hashParams: true, shinyThing: true } })],
  'manifest.defaultLocale': [
    packageWith({ defaultLocale: 'English' }),
    packageWith({ defaultLocale: 'da' }),
    packageWith({}, { 'translations/en.json': null }),
  ],
  'manifest.oauth': [
    packageWith({ oauth: { client_id: 'a' } }),
    packageWith({
      oauth: { client_id: 'a', client_secret: 'b', authorize_uri: 'c', access_token_uri: 'd' },
    }),
  ],

  'location.shape': [packageWith({ location: ['support'] }), packageWith({ location: { support: 'ticket_sidebar' } })],
  'location.host': [packageWith({ location: { talk: { sidebar: 'assets/iframe.html' } } })],
  'location.support': [
    packageWith(located({ left_bar: 'assets/iframe.html' })),
    packageWith(located({ custom_object_record_sidebar: 'assets/iframe.html' })),
  ],
  'location.url': [
    packageWith(located({ ticket_sidebar: {} })),
    packageWith(located({ ticket_sidebar: { url: '' } })),
    packageWith(located({ ticket_sidebar: { url: 5 } })),
    packageWith(located({ ticket_sidebar: 'http://example.com' })),
    packageWith(located({ ticket_sidebar: 'assets/missing.html' })),
    packageWith(located({ ticket_sidebar: 'manifest.json' })),
  ],
  'location.flexible': [packageWith(located({ ticket_sidebar: { url: 'assets/iframe.html', flexible: 'yes' } }))],
  'location.noTemplate': [
    packageWith({ noTemplate: true }),
    packageWith(located({ ticket_sidebar: { url: 'assets/iframe.html', noTemplate: true } })),
  ],

  'parameters.type': [
    packageWith(withParameters(text('a', { type: 'date' }))),
    packageWith(withParameters({ name: 'a', type: 'mtls' })),
  ],
  'parameters.unique': [packageWith(withParameters(text('a'), text('a')))],
  'parameters.name': [packageWith(withParameters(text('name')))],
  'parameters.hidden': [packageWith(withParameters(text('a', { type: 'hidden', required: true })))],
  'parameters.oneOauth': [packageWith(withParameters(text('a', { type: 'oauth' }), text('b', { type: 'oauth' })))],
  'parameters.oauthNotSecure': [packageWith(withParameters(text('a', { type: 'oauth', secure: true })))],
  'parameters.booleans': [
    packageWith(withParameters(text('a', { required: 'yes' }))),
    packageWith(withParameters(text('a', { secure: 1 }))),
  ],
  'parameters.scopesSecure': [packageWith(withParameters(text('a', { scopes: ['header'] })))],
  'parameters.scopes': [[], ['cookie'], 'header'].map((scopes) =>
    packageWith(withParameters(text('a', { secure: true, scopes }))),
  ),
  'parameters.secretInTheOpen': ['api_token', 'apiKey', 'pwd', 'password'].map((name) =>
    packageWith(withParameters(text(name))),
  ),
  'parameters.secretDefault': [
    packageWith(withParameters(text('a', { secure: true, scopes: ['header'], default: 'x' }))),
    packageWith(withParameters(text('a', { type: 'hidden', default: 'x' }))),
  ],
  'parameters.secureWithoutScopes': [packageWith(withParameters(text('a', { secure: true })))],

  'translations.name': [packageWith({}, { 'translations/english.json': '{"app": {"name": "A"}}' })],
  'translations.json': [
    packageWith({}, { 'translations/de.json': '{' }),
    packageWith({}, { 'translations/de.json': '[]' }),
  ],
  'translations.parameters': [packageWith(withParameters(text('colour')))],
  'translations.package': [
    packageWith(
      { parameters: [] },
      {
        'translations/en.json': JSON.stringify({ app: { package: 'a', name: 'A', long: { title: 'T', value: 'V' } } }),
      },
    ),
  ],
  'translations.listing': [
    packageWith({ parameters: [] }, { 'translations/en.json': '{"app": {}}' }),
    listing({ name: 'A', long_description: 'L', installation_instructions: 'I' }),
    listing({ name: 'A', description: 'D', installation_instructions: 'I' }),
    listing({ name: 'A', short_description: 'S', long_description: 'L' }),
  ],

  'requirements.json': [packageWith({}, { 'requirements.json': '{' })],
  'requirements.types': [required({ dashboards: {} })],
  'requirements.count': [required({ macros: items(5001) })],
  'requirements.customObjects': [required({ custom_objects: items(30), custom_objects_v2: items(21) })],
  'requirements.title': [required({ ticket_fields: { partner: { type: 'tagger' } } })],
  'requirements.key': [
    required({ user_fields: { a: { title: 'A' } } }),
    required({ organization_fields: { a: { title: 'A' } } }),
  ],
  'requirements.webhooks': ['name', 'status', 'endpoint', 'http_method', 'request_format'].map((lacking) => {
    const whole = { name: 'W', status: 'active', endpoint: 'https://e', http_method: 'POST', request_format: 'json' };
    return required({ webhooks: { w: { ...whole, [lacking]: undefined } } });
  }),
  'requirements.targets': ['http_target', 'url_target_v2'].map((type) =>
    required({ targets: { t: { title: 'T', type } } }),
  ),

  'files.links': [packageWith({}, {}, ['assets/logo.png'])],
  'files.types': [
    'rar',
    'zip',
    'gz',
    'pdf',
    'docx',
    'avi',
    'bin',
    'bz2',
    'csh',
    'sh',
    'jar',
    'mp3',
    'mpeg',
    'odt',
    'pptx',
    'xls',
    '7z',
  ].map((ending) => packageWith({}, { [`assets/file.${ending.toUpperCase()}`]: '' })),
  'files.svg': [
    '<svg><script>1</script></svg>',
    '<svg onload="x()"/>',
    '<svg><foreignObject/></svg>',
    '<svg><a href="https://example.com"/></svg>',
  ].map((svg) => packageWith({}, { 'assets/logo.svg': svg })),
  'files.svgBitmap': [packageWith({}, { 'assets/logo.svg': '<svg><image href="data:image/png;base64,AAAA"/></svg>' })],
  'files.banner': [
    packageWith({}, { 'assets/banner.png': png(100, 100) }),
    packageWith({}, { 'assets/banner.png': 'not a picture' }),
  ],
  'files.secrets': [
    packageWith({}, { 'assets/main.js': 'const api_key = "k-1234";' }),
    packageWith({}, { 'assets/main.js': 'ask({clientSecret:`abcd1234`})' }),
    packageWith({}, { 'assets/a.json': '{"password": "hunter2"}' }),
    packageWith({}, { 'assets/a.xml': '-----BEGIN RSA PRIVATE KEY-----' }),
  ],
  'files.http': [
    packageWith({}, { 'assets/iframe.html': '<a href="http://example.com">' }),
    packageWith({}, { 'assets/main.js': 'fetch(`http://example.com`)' }),
    packageWith({}, { 'assets/main.js': 'client.request({url:"http://example.com"})' }),
  ],
  'files.secretWords': [packageWith({}, { 'assets/main.js': 'ask({secret_key:"{{setting.shared_secret}}"})' })],
  'files.httpNames': [packageWith({}, { 'assets/main.js': 'create("svg",{xmlns:"http://www.w3.org/2000/svg"})' })],
};

test('our own package is taken', () => {
  expect(validate(packageWith()).filter(({ level }) => level === 'error')).toEqual([]);
});

test('every rule has an example that breaks it', () => {
  const names = [...manifestFileRules, ...rules.map(({ name }) => name)];
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(examples).toSorted()).toEqual(names.toSorted());
});

test.each(Object.entries(examples))('%s', (name, packages) => {
  expect(packages.length).toBeGreaterThan(0);
  for (const app of packages) {
    const found = validate(app).filter(({ rule }) => rule === name);
    expect(found.length).toBeGreaterThan(0);
    for (const { text: says } of found) expect(says.length).toBeGreaterThan(15);
  }
});

test.each<[string, AppPackage]>([
  ['a page by https', packageWith(located({ ticket_sidebar: 'https://example.com/app' }))],
  ['a page on this machine', packageWith(located({ ticket_sidebar: 'http://localhost:4567/app' }))],
  ['a page whose host is a setting', packageWith(located({ ticket_sidebar: 'https://{{setting.host}}/app' }))],
  ['no page where nothing loads by itself', packageWith(located({ modal: { autoLoad: false } }))],
  [
    'custom objects that are named',
    packageWith(located({ custom_object_record_sidebar: { url: 'assets/iframe.html', objectTypes: ['a'] } })),
  ],
  ['another product', packageWith({ location: { chat: { chat_sidebar: 'assets/iframe.html' } } })],
  [
    'an app that only brings objects',
    packageWith({ requirementsOnly: true, location: undefined, frameworkVersion: undefined }),
  ],
  ['a whole listing', listing({ name: 'A', description: 'D', long_description: 'L', installation_instructions: 'I' })],
  [
    'a listing by product',
    listing({
      name: 'A',
      short_description: { support: 'S' },
      long_description: { support: 'L' },
      installation_instructions: { support: 'I' },
    }),
  ],
  ['a banner in either size', packageWith({}, { 'assets/banner.png': png(1660, 400) })],
  ['a field that the app brings', required({ ticket_fields: { partner: { title: 'Partner', type: 'tagger' } } })],
  [
    'oauth with its parameter',
    packageWith({
      oauth: { client_id: 'a', client_secret: 'b', authorize_uri: 'c', access_token_uri: 'd' },
      ...withParameters({ name: 'service_address', type: 'oauth' }),
    }),
  ],
])('%s is taken', (_, app) => {
  expect(validate(app).filter(({ level }) => level === 'error')).toEqual([]);
});
