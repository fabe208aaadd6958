import { Button } from '@zendeskgarden/react-buttons';
import { getColor } from '@zendeskgarden/react-theming';
import styled from 'styled-components';
import { Hint } from './look.tsx';
import type { Correction } from './session.ts';
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

const textOf = ({ state, fault, wish }: Correction, { words, fill }: Speech): string => {
  if (state === 'failed') {
    const name = 'choice' in wish ? wish.choice.name : '';
    return fill(words.fault[fault ?? 'failed'], { name });
  }
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
}: {
  readonly correction: Correction | null;
  readonly onUndo: () => void;
}) => {
  const speech = useSpeech();
  const canUndo =
    correction !== null && correction.undo.length > 0 && correction.state !== 'saving' && correction.state !== 'failed';
  return (
    <div role="status">
      {correction ? (
        <Box>
          <Hint as="span">{textOf(correction, speech)}</Hint>
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
