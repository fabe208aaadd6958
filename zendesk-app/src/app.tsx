import { Component, forwardRef, type ReactNode, useRef } from 'react';
import type { Fields } from './correction.ts';
import type { Locale } from './locale.ts';
import { Frame, Look, type Scheme, Spoken } from './look.tsx';
import { Loading, ProblemNotice } from './notices.tsx';
import { useResize } from './resize.ts';
import type { Session } from './session.ts';
import { NewTicketSidebar, TicketSidebar } from './sidebar.tsx';
import { createSpeech, SpeechProvider, type Words } from './words.ts';
import type { ZafClient } from './zaf.ts';

export interface Opened {
  readonly session: Session;
  /** The mapped fields as far as they are known, for a new ticket. */
  readonly fields: Fields | null;
  readonly isNew: boolean;
}

const reload = (): void => window.location.reload();

/** A fault of ours is said as calmly as any other; trying again starts the app anew. */
class Safe extends Component<{ readonly children: ReactNode }, { readonly isBroken: boolean }> {
  override state = { isBroken: false };
  static getDerivedStateFromError() {
    return { isBroken: true };
  }
  override render() {
    if (!this.state.isBroken) return this.props.children;
    return <ProblemNotice problem="unexpected" knownSince={null} isReading={false} onRetry={reload} />;
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
  readonly open: Opened | 'outside' | null;
  readonly client: ZafClient | null;
}) => {
  const content = (): ReactNode => {
    if (words === null || open === null) return <Loading />;
    return (
      <SpeechProvider value={createSpeech(words, locale)}>
        <Safe>
          {open === 'outside' ? (
            <ProblemNotice problem="outside" knownSince={null} isReading={false} onRetry={reload} />
          ) : open.isNew ? (
            <NewTicketSidebar session={open.session} fields={open.fields} />
          ) : (
            <TicketSidebar session={open.session} nowMs={Date.now} />
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
