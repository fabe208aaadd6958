import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

const query = '.svg?icon';

/** `import { Icon } from '...svg?icon'`: one of Garden's drawings as a component, hidden from screen readers. */
export const iconPlugin = (): Plugin => ({
  name: 'deskledger:icons',
  // Before Vite's own handling of pictures.
  enforce: 'pre',
  load(id) {
    if (!id.endsWith(query)) return null;
    const text = readFileSync(id.slice(0, -'?icon'.length), 'utf8');
    const [, attributes = '', inside = ''] = /<svg([^>]*)>([\s\S]*)<\/svg>/.exec(text) ?? [];
    const attributeOf = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
    const props = {
      width: attributeOf('width'),
      height: attributeOf('height'),
      viewBox: attributeOf('viewBox'),
      focusable: 'false',
      'aria-hidden': 'true',
      dangerouslySetInnerHTML: { __html: inside.trim() },
    };
    return {
      code: `import { createElement } from 'react';
export const Icon = (props) => createElement('svg', { ...${JSON.stringify(props)}, ...props });`,
      moduleType: 'js',
    };
  },
});
