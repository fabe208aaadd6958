import { Button } from '@zendeskgarden/react-buttons';
import { getColor } from '@zendeskgarden/react-theming';
import styled from 'styled-components';
import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import type { Correction } from './correcting.ts';
import { Hint } from './look.tsx';
import { readNumber } from './order-number.ts';
import { type Speech, useSpeech } from './words.ts';

const Box = styled.div`
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  justify-content: space-between;
  gap: ${({ theme }) => theme.space.xxs} ${({ theme }) => theme.space.xs};
  margin-block-start: ${({ theme }) => theme.space.xs};
  border-radius: ${({ theme }) => theme.borderRadii.md};
  background: ${({ theme }) => getColor({ theme, variable: 'background.subtle' })};
  padding: ${({ theme }) => theme.space.xs};
`;

interface Told {
  /** What the service says now. */
  readonly attribution: SidebarTicket['attribution'];
  /** The service did not answer when it was asked last. */
  readonly isAway: boolean;
}

/** An order number decides only where there is such an order and no agent has chosen. */
const numberTold = (
  { wish, isUndo, state }: Correction,
  attribution: Told['attribution'],
  { words, fill }: Speech,
): string | null => {
  if (state !== 'done' || isUndo || wish.kind !== 'orderNumber' || wish.number === null || !attribution) return null;
  if (readNumber(wish.number, attribution)?.known === false)
    return fill(words.edit.unknownNumber, { number: `#${wish.number}` });
  const { partner, region } = attribution.how;
  return partner === 'person' || region === 'person' ? words.edit.stands : null;
};

const textOf = (correction: Correction, { attribution, isAway }: Told, speech: Speech): string => {
  const { state, fault, field = '', wish, isFinal } = correction;
  const { words, fill } = speech;
  if (fault !== null || state === 'failed') {
    const name = 'choice' in wish ? wish.choice.name : '';
    return fill(words.fault[fault ?? 'failed'], { name, field });
  }
  const told = numberTold(correction, attribution, speech);
  if (told !== null) return told;
  const texts = {
    saving: words.edit.saving,
    draft: words.edit.draft,
    pending: isAway ? words.edit.savedAway : words.edit.saved,
    late: isAway ? words.edit.savedAway : words.edit.late,
    done: words.edit.done,
  } as const;
  return isFinal && state !== 'saving' ? `${texts[state]} ${words.edit.final}` : texts[state];
};

/** What became of the latest correction; read aloud as it changes. */
export const CorrectionNotice = ({
  correction,
  onUndo,
  ...told
}: Told & {
  readonly correction: Correction | null;
  readonly onUndo: () => void;
}) => {
  const speech = useSpeech();
  const canUndo = correction !== null && correction.undo.length > 0 && correction.state !== 'saving';
  return (
    <div role="status">
      {correction ? (
        <Box>
          <Hint as="span">{textOf(correction, told, speech)}</Hint>
          {canUndo ? (
            <Button size="small" isLink onClick={onUndo}>
              {speech.words.edit.undo}
            </Button>
          ) : null}
        </Box>
      ) : null}
    </div>
  );
};
