import { Button } from '@zendeskgarden/react-buttons';
import { Skeleton } from '@zendeskgarden/react-loaders';
import { Alert, Title } from '@zendeskgarden/react-notifications';
import { useEffect, useState } from 'react';
import styled from 'styled-components';
import { Hint, Spoken } from './look.tsx';
import { isMisconfigured, type Problem } from './problem.ts';
import { useSpeech } from './words.ts';

const Spaced = styled.div`
  margin-block-end: ${({ theme }) => theme.space.sm};
`;

const Retry = ({ isReading, onRetry }: { readonly isReading: boolean; readonly onRetry: () => void }) => {
  const { words } = useSpeech();
  return (
    // Not disabled while it is read again: the focus would be lost.
    <Button
      size="small"
      isLink
      aria-disabled={isReading}
      onClick={() => {
        if (!isReading) onRetry();
      }}
    >
      {words.retry}
    </Button>
  );
};

/** Nothing can be shown, or only what was known before: why, and whose turn it is. Stands in a region that is read aloud. */
export const ProblemNotice = ({
  problem,
  knownSince,
  isReading,
  onRetry,
}: {
  readonly problem: Problem;
  /** Age of what is shown all the same; null where nothing is. */
  readonly knownSince: string | null;
  readonly isReading: boolean;
  readonly onRetry: () => void;
}) => {
  const { words, fill } = useSpeech();
  const { title, next } = words.problem[problem];
  if (knownSince !== null && !isMisconfigured(problem))
    return (
      <Spaced>
        <Hint>
          {fill(words.stale, { age: knownSince })} <Retry isReading={isReading} onRetry={onRetry} />
        </Hint>
      </Spaced>
    );
  return (
    <Spaced>
      <Alert type={problem === 'unexpected' ? 'error' : 'warning'} role="none">
        <Title>{title}</Title>
        <div>{next}</div>
        <Retry isReading={isReading} onRetry={onRetry} />
      </Alert>
    </Spaced>
  );
};

const Bars = styled.div`
  display: grid;
  gap: ${({ theme }) => theme.space.xs};
`;

/** Who waits is told after this long that it is still asked for, and what can be done meanwhile. */
const slowAfterMs = 3000;

/** Where Deskledger has yet to answer; at first for who listens alone, unless it is shown. */
export const Waiting = ({ isShown = false }: { readonly isShown?: boolean }) => {
  const { words } = useSpeech();
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), slowAfterMs);
    return () => clearTimeout(timer);
  }, []);
  if (!isShown && !isSlow) return <Spoken>{words.loading}</Spoken>;
  return (
    <Spaced>
      <Hint>{isSlow ? words.slow : words.loading}</Hint>
    </Spaced>
  );
};

/** As tall as what it stands for, so that little moves when the figures come. */
export const Loading = () => (
  <Bars aria-busy="true">
    {['45%', '85%', '70%', '80%', '40%', '75%', '100%', '60%'].map((width) => (
      <Skeleton key={width} width={width} height="16px" />
    ))}
  </Bars>
);
