import { useEffect, useReducer, useRef, useSyncExternalStore } from 'react';
import styled from 'styled-components';
import { isMapped } from './correction.ts';
import { Orders, TicketCost } from './figures.tsx';
import { Footer, Hint, Spoken } from './look.tsx';
import { Loading, ProblemNotice, Waiting } from './notices.tsx';
import { PartnerFigures } from './partner-figures.tsx';
import { isMisconfigured } from './problem.ts';
import type { Session, View } from './session.ts';
import { Whose } from './whose.tsx';
import { useSpeech } from './words.ts';

const minuteMs = 60_000;

/** Ages grow while the tab is open. */
const useMinutes = (): void => {
  const [, tick] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(tick, minuteMs);
    return () => clearInterval(timer);
  }, []);
};

/** The same when rendered to text, as tests do. */
const useView = (session: Session): View => useSyncExternalStore(session.subscribe, session.view, session.view);

/** Where the focus goes once the button that had it has done its work and is gone. */
const Landing = styled.div`
  outline: none;
`;

/** A ticket that exists: what is known of it, the most useful first. */
export const TicketSidebar = ({
  session,
  isClosed,
  nowMs,
}: {
  readonly session: Session;
  readonly isClosed: boolean;
  readonly nowMs: () => number;
}) => {
  const { words, format, fill } = useSpeech();
  const { data, isRemembered, problem, isReading, correction, earlier } = useView(session);
  useMinutes();
  const landing = useRef<HTMLDivElement>(null);
  const hasRetried = useRef(false);
  useEffect(() => {
    if (problem !== null || !hasRetried.current) return;
    hasRetried.current = false;
    landing.current?.focus();
  }, [problem]);

  const isOld = problem !== null && data !== null && !isMisconfigured(problem);
  // "Known now" says nothing of what cannot be known now.
  const age = data && format.age(data.asOf, nowMs(), isOld ? minuteMs : 0);
  const retry = (): void => {
    hasRetried.current = true;
    void session.read();
  };
  const notice = problem && <ProblemNotice problem={problem} knownSince={age} isReading={isReading} onRetry={retry} />;
  // An age grows by the minute, and is not read aloud each time.
  const heard = isOld ? <Spoken>{words.problem[problem].title}</Spoken> : notice;
  return (
    <Landing ref={landing} tabIndex={-1}>
      <div role="status">{heard ?? (data ? null : <Waiting />)}</div>
      {isOld ? notice : null}
      {data ? (
        <>
          <Whose
            data={data}
            isRemembered={isRemembered}
            isAway={problem !== null}
            isClosed={isClosed}
            fields={data.fields}
            correction={correction}
            earlier={earlier}
            session={session}
          />
          <TicketCost data={data} />
          <PartnerFigures data={data} />
          {isRemembered ? null : <Orders data={data} />}
          {isOld ? null : <Footer>{age === null ? words.updatedNow : fill(words.updated, { age })}</Footer>}
        </>
      ) : problem ? null : (
        <Loading />
      )}
    </Landing>
  );
};

/** A ticket that is being written: what is known already can be said before it is sent. */
export const NewTicketSidebar = ({ session }: { readonly session: Session }) => {
  const { words } = useSpeech();
  const { fields, problem, isReading, correction, earlier } = useView(session);
  const isLoading = fields === null && problem === null && isReading;
  return (
    <>
      <div role="status">
        {isLoading ? <Waiting /> : null}
        {fields === null && problem !== null ? (
          <ProblemNotice
            problem={problem}
            knownSince={null}
            isReading={isReading}
            onRetry={() => void session.read()}
          />
        ) : null}
      </div>
      {isMapped(fields) ? (
        <Whose data={null} fields={fields} correction={correction} earlier={earlier} session={session} />
      ) : isLoading ? (
        <Loading />
      ) : fields === null && problem !== null ? null : (
        <Hint>{words.newTicket.unmapped}</Hint>
      )}
    </>
  );
};
