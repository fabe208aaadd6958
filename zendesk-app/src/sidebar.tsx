import { useEffect, useReducer, useSyncExternalStore } from 'react';
import type { Fields } from './correction.ts';
import { Orders, PartnerFigures, TicketCost } from './figures.tsx';
import { Footer, Hint } from './look.tsx';
import { Loading, ProblemNotice } from './notices.tsx';
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

/** A ticket that exists: what is known of it, the most useful first. */
export const TicketSidebar = ({ session, nowMs }: { readonly session: Session; readonly nowMs: () => number }) => {
  const { words, format, fill } = useSpeech();
  const { data, isRemembered, problem, isReading, correction, earlier } = useView(session);
  useMinutes();
  const age = data && format.age(data.asOf, nowMs());
  const notice = problem && (
    <ProblemNotice problem={problem} knownSince={age} isReading={isReading} onRetry={() => void session.read()} />
  );
  if (data === null) return notice ?? <Loading label={words.loading} />;
  return (
    <>
      {notice}
      <Whose
        data={data}
        isRemembered={isRemembered}
        fields={data.fields}
        correction={correction}
        earlier={earlier}
        session={session}
      />
      <TicketCost data={data} />
      <PartnerFigures data={data} />
      {isRemembered ? null : <Orders data={data} />}
      {problem === null && age !== null ? <Footer>{fill(words.updated, { age })}</Footer> : null}
    </>
  );
};

/** A ticket that is being written: what is known already can be said before it is sent. */
export const NewTicketSidebar = ({
  session,
  fields,
}: {
  readonly session: Session;
  readonly fields: Fields | null;
}) => {
  const { words } = useSpeech();
  const { correction, earlier } = useView(session);
  const isMapped = fields !== null && (fields.partner ?? fields.region ?? fields.reason ?? fields.orderNumber) !== null;
  if (!isMapped) return <Hint>{words.newTicket.unmapped}</Hint>;
  return <Whose data={null} fields={fields} correction={correction} earlier={earlier} session={session} />;
};
