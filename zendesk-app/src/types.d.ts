declare module '*.svg?icon' {
  import type { FunctionComponent, SVGAttributes } from 'react';
  export const Icon: FunctionComponent<SVGAttributes<SVGElement>>;
}

interface Window {
  ZAFClient?: { init(): import('./zaf.ts').ZafClient | false };
}
