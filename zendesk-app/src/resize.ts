import { type RefObject, useEffect } from 'react';
import type { ZafClient } from './zaf.ts';

/** Taller than this the frame scrolls in itself: a long list must not push other apps off the panel. */
export const mostHeightPx = 900;

/** Makes the frame as tall as its content. Zendesk ignores the width of apps in a sidebar. */
export const useResize = (client: Pick<ZafClient, 'invoke'>, content: RefObject<HTMLElement>): void => {
  useEffect(() => {
    const element = content.current;
    if (!element) return;
    let told = 0;
    const observer = new ResizeObserver(() => {
      const height = Math.min(Math.ceil(element.getBoundingClientRect().height), mostHeightPx);
      if (height === told || height === 0) return;
      told = height;
      client.invoke('resize', { width: '100%', height: `${height}px` }).catch(() => {
        // Zendesk keeps the height it has, and the content scrolls; the next change asks again.
        told = 0;
      });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [client, content]);
};
