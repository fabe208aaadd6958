import { Button } from '@zendeskgarden/react-buttons';
import { type ReactNode, useContext, useId, useState } from 'react';
import styled from 'styled-components';
import { Parts } from './parts.tsx';
import { RowNameId } from './rows.tsx';
import { useSpeech } from './words.ts';

/** As tall to a finger as WCAG 2.2 has it (2.5.8), in a line that is no taller for it. */
const Mention = styled(Button)`
  && {
    position: relative;
    overflow: visible;
  }
  &&::after {
    position: absolute;
    inset: -5px 0;
    content: '';
  }
`;

/**
 * What stands under a cost, which is at rates that give no pay away (RULES.md section 10) and so differs from reports at true
 * ones: who presses the word is told why.
 */
export const PooledParts = ({ children, after }: { readonly children: ReactNode; readonly after?: ReactNode }) => {
  const { words } = useSpeech();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const rowNameId = useContext(RowNameId);
  return (
    <>
      <Parts>
        {children}
        <Mention
          size="small"
          isLink
          aria-describedby={rowNameId}
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setOpen(!isOpen)}
        >
          {words.ticket.pooled}
        </Mention>
        {after}
      </Parts>
      <div id={id}>{isOpen ? words.ticket.pooledWhy : null}</div>
    </>
  );
};
