import { Button } from '@zendeskgarden/react-buttons';
import { getColor } from '@zendeskgarden/react-theming';
import styled from 'styled-components';
import type { Correction } from './correcting.ts';
import { Hint } from './look.tsx';
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
  /** The service has answered since, and has nothing left to decide. */
  readonly isAnswered: boolean;
  /** The service did not answer when it was asked last. */
  readonly isAway: boolean;
}

const textOf = (
  { state, fault, wish, isUndo }: Correction,
  { isAnswered, isAway }: Told,
  { words, fill }: Speech,
): string => {
  if (fault !== null || state === 'failed') {
    const name = 'choice' in wish ? wish.choice.name : '';
    return fill(words.fault[fault ?? 'failed'], { name });
  }
  // An order number decides only where there is such an order and no agent has chosen: the service says no more than that.
  if (state === 'late' && isAnswered && wish.kind === 'orderNumber' && !isUndo)
    return fill(words.edit.noEffect, { number: `#${wish.number}` });
  if (isAway && (state === 'pending' || state === 'late')) return words.edit.savedAway;
  const texts = {
    saving: words.edit.saving,
    draft: words.edit.draft,
    pending: words.edit.saved,
    late: words.edit.late,
    done: words.edit.done,
  } as const;
  return texts[state];
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
