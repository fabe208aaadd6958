import { Skeleton } from '@zendeskgarden/react-loaders';
import { type ReactNode, useId } from 'react';
import styled from 'styled-components';
import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { Amount } from './amount.tsx';
import { Heading, Hint, Section, Spoken } from './look.tsx';
import { statusName } from './names.ts';
import { OrderLink } from './order-link.tsx';
import { Parts } from './parts.tsx';
import { PooledParts } from './pooled.tsx';
import { Row, Rows } from './rows.tsx';
import { useSpeech } from './words.ts';

type Cost = NonNullable<SidebarTicket['cost']>;

/** Nothing was read yet, or nobody worked. */
const isUntouched = ({ soFar, measuredShare, lacks }: Cost): boolean =>
  lacks === null && measuredShare === null && soFar !== null && Number(soFar.amount) === 0;

const CostSoFar = ({ cost, money }: { readonly cost: Cost; readonly money: SidebarTicket['money'] }) => {
  const { words } = useSpeech();
  if (isUntouched(cost)) return words.ticket.noWork;
  if (cost.soFar) return <Amount money={cost.soFar} />;
  if (money === 'hidden') return <Hint as="span">{words.ticket.hidden}</Hint>;
  if (cost.lacks === 'pool') return <Hint as="span">{words.ticket.noPool}</Hint>;
  return words.ticket.noRate;
};

const CostRow = ({ note, children }: { readonly note: ReactNode; readonly children: ReactNode }) => {
  const { words } = useSpeech();
  const headingId = useId();
  return (
    <Section aria-labelledby={headingId}>
      <Heading id={headingId}>{words.ticket.heading}</Heading>
      <Rows>
        <Row name={words.ticket.cost} note={note}>
          {children}
        </Row>
      </Rows>
    </Section>
  );
};

/** As tall as what comes, so that nothing below moves when it does. */
const Uncounted = () => {
  const { words } = useSpeech();
  return (
    <CostRow note={<Skeleton width="45%" />}>
      <Spoken>{words.partner.counting}</Spoken>
      <Skeleton width="30%" />
    </CostRow>
  );
};

/** This ticket's cost so far, with what is not in it; without amounts its measured share. */
export const TicketCost = ({ data }: { readonly data: SidebarTicket }) => {
  const { words, format, fill } = useSpeech();
  const { cost, money } = data;
  if (data.ticket.state === 'not yet known') return null;
  if (!cost) return <Uncounted />;
  const { soFar, measuredShare, lacks } = cost;
  const measured =
    measuredShare === null ? null : fill(words.ticket.measured, { share: format.percent(measuredShare) });
  const partly = lacks === 'rate' ? words.ticket.partly : null;
  const note = soFar ? (
    <PooledParts after={partly}>{measured}</PooledParts>
  ) : (
    <Parts>
      {measured}
      {partly}
    </Parts>
  );
  return (
    <CostRow note={measured === null ? null : note}>
      <CostSoFar cost={cost} money={money} />
    </CostRow>
  );
};

const OrderLine = styled.li`
  display: flex;
  flex-wrap: wrap;
  justify-content: space-between;
  column-gap: ${({ theme }) => theme.space.xs};
  & + & {
    margin-block-start: ${({ theme }) => theme.space.xs};
  }
`;

const Untaxed = styled(Hint)`
  margin-block-end: ${({ theme }) => theme.space.xxs};
`;

const Whole = styled(Hint)`
  display: flex;
  flex: 1 0 100%;
  flex-wrap: wrap;
  justify-content: space-between;
`;

/** The customer's latest orders and refunds. */
export const Orders = ({ data }: { readonly data: SidebarTicket }) => {
  const { words, format, fill } = useSpeech();
  const headingId = useId();
  const { orders } = data.customer;
  if (data.ticket.state === 'not yet known') return null;
  return (
    <Section aria-labelledby={headingId}>
      <Heading id={headingId}>{words.orders.heading}</Heading>
      {orders.length === 0 ? <Hint>{words.orders.none}</Hint> : null}
      {orders.some(({ total }) => total) ? <Untaxed>{words.orders.untaxed}</Untaxed> : null}
      <ul>
        {orders.map(({ number, url, placedOn, status, total, refunds }) => (
          <OrderLine key={`${number} ${placedOn} ${url}`}>
            <OrderLink order={{ number, url }} />
            {total ? <Amount money={total} /> : null}
            <Whole as="div">
              <span>{format.day(placedOn)}</span>
              <span>{statusName(status, words)}</span>
            </Whole>
            {refunds.map(({ amount, madeOn }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a day may have several of one amount
              <Whole as="div" key={at}>
                <span>{fill(words.orders.refunded, { date: format.day(madeOn) })}</span>
                {amount ? <Amount money={{ ...amount, amount: `-${amount.amount}` }} /> : null}
              </Whole>
            ))}
          </OrderLine>
        ))}
      </ul>
    </Section>
  );
};
