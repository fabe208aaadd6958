import { Component, forwardRef, type ReactNode, useRef } from 'react';
import type { Locale } from './locale.ts';
import { Frame, Look, type Scheme, Spoken } from './look.tsx';
import { Loading, ProblemNotice } from './notices.tsx';
import type { Problem } from './problem.ts';
import { useResize } from './resize.ts';
import type { Session } from './session.ts';
import { NewTicketSidebar, TicketSidebar } from './sidebar.tsx';
import { createSpeech, SpeechProvider, type Words } from './words.ts';
import type { ZafClient } from './zaf.ts';

export interface Opened {
  readonly session: Session;
  readonly isNew: boolean;
  /** Zendesk takes no change of it any more. */
  readonly isClosed: boolean;
  /** What the browser keeps may be what the app stumbles over. */
  readonly forget: () => void;
}

const reload = (): void => window.location.reload();

const Alone = ({ problem, onRetry }: { readonly problem: Problem; readonly onRetry: () => void }) => (
  <div role="alert">
    <ProblemNotice problem={problem} knownSince={null} isReading={false} onRetry={onRetry} />
  </div>
);

/** A fault of ours is said as calmly as any other; trying again starts the app anew. */
class Safe extends Component<
  { readonly children: ReactNode; readonly onRetry: () => void },
  { readonly isBroken: boolean }
> {
  override state = { isBroken: false };
  static getDerivedStateFromError() {
    return { isBroken: true };
  }
  override render() {
    if (!this.state.isBroken) return this.props.children;
    return <Alone problem="unexpected" onRetry={this.props.onRetry} />;
  }
}

const Titled = forwardRef<HTMLElement, { readonly children: ReactNode }>(({ children }, ref) => (
  <Frame ref={ref}>
    <Spoken as="h1">Deskledger</Spoken>
    {children}
  </Frame>
));

const Sized = ({ client, children }: { readonly client: ZafClient; readonly children: ReactNode }) => {
  const content = useRef<HTMLElement>(null);
  useResize(client, content);
  return <Titled ref={content}>{children}</Titled>;
};

/** Null words or nothing opened: still loading. */
export const App = ({
  scheme,
  locale,
  words,
  open,
  client,
}: {
  readonly scheme: Scheme;
  readonly locale: Locale;
  readonly words: Words | null;
  readonly open: Opened | 'outside' | 'unexpected' | null;
  readonly client: ZafClient | null;
}) => {
  const anew = (): void => {
    if (open !== null && typeof open === 'object') open.forget();
    reload();
  };
  const content = (): ReactNode => {
    if (words === null || open === null) return <Loading />;
    return (
      <SpeechProvider value={createSpeech(words, locale)}>
        <Safe onRetry={anew}>
          {typeof open === 'string' ? (
            <Alone problem={open} onRetry={reload} />
          ) : open.isNew ? (
            <NewTicketSidebar session={open.session} />
          ) : (
            <TicketSidebar session={open.session} isClosed={open.isClosed} nowMs={Date.now} />
          )}
        </Safe>
      </SpeechProvider>
    );
  };
  return (
    <Look scheme={scheme} direction={locale.direction}>
      {client ? <Sized client={client}>{content()}</Sized> : <Titled>{content()}</Titled>}
    </Look>
  );
};
