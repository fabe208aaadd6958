import { Button } from '@zendeskgarden/react-buttons';
import { type ReactNode, useId, useState } from 'react';
import { Parts } from './parts.tsx';
import { useSpeech } from './words.ts';

/**
 * What stands under a cost, which is at rates that give no pay away (RULES.md section 10) and so differs from reports at true
 * ones: who presses the word is told why.
 */
export const PooledParts = ({ children, after }: { readonly children: ReactNode; readonly after?: ReactNode }) => {
  const { words } = useSpeech();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      <Parts>
        {children}
        <Button size="small" isLink aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
          {words.ticket.pooled}
        </Button>
        {after}
      </Parts>
      <div id={id}>{isOpen ? words.ticket.pooledWhy : null}</div>
    </>
  );
};
