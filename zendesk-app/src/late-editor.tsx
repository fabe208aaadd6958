import { Button } from '@zendeskgarden/react-buttons';
import { type ComponentProps, useEffect, useState } from 'react';
import type { Editor } from './editor.tsx';
import { Hint } from './look.tsx';
import { useSpeech } from './words.ts';

/** Search and its list come with the first correction. */
export const loadEditor = () => import('./editor.tsx');

/** The editor once it is loaded. One that does not come says so in its place: all else on the screen stays. */
export const LateEditor = (props: ComponentProps<typeof Editor>) => {
  const { words } = useSpeech();
  const [found, setFound] = useState<{ readonly Editor: typeof Editor } | 'failed' | null>(null);
  useEffect(() => {
    let isOpen = true;
    loadEditor().then(
      (module) => {
        if (isOpen) setFound(module);
      },
      () => {
        if (isOpen) setFound('failed');
      },
    );
    return () => {
      isOpen = false;
    };
  }, []);
  if (found === null) return <Hint role="status">{words.loading}</Hint>;
  if (found !== 'failed') return <found.Editor {...props} />;
  return (
    <>
      <Hint role="alert">{words.edit.noEditor}</Hint>
      <Button size="small" isLink onClick={() => props.onClose()}>
        {words.edit.cancel}
      </Button>
    </>
  );
};
