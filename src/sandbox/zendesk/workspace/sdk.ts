import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Where apps load the SDK from at Zendesk. */
export const sdkAddress = 'https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js';

const files = ['utils', 'vendor/native-promise-only', 'client', 'index'];

/**
 * The SDK as published on npm, in one script. The package has CommonJS files, which Zendesk's own build puts together in the
 * same way: nothing of them is changed. A devDependency, found when the first app is opened.
 */
export const readSdk = (): string => {
  const home = dirname(createRequire(import.meta.url).resolve('zendesk_app_framework_sdk/package.json'));
  const modules = files.map((name) => {
    const text = readFileSync(join(home, 'lib', `${name}.js`), 'utf8');
    return `${JSON.stringify(`./${name}`)}: function (module, exports, require) {\n${text}\n}`;
  });
  return `(() => {
const files = {${modules.join(',\n')}};
const loaded = {};
const require = (name) => {
  if (!loaded[name]) {
    loaded[name] = { exports: {} };
    files[name].call(window, loaded[name], loaded[name].exports, require);
  }
  return loaded[name].exports;
};
window.ZAFClient = require('./index');
})();
`;
};
