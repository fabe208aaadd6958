import { useId } from 'react';
import styled from 'styled-components';
import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { Amount } from './amount.tsx';
import { Heading, Hint, Section } from './look.tsx';
import { statusName } from './names.ts';
import { OrderLink } from './order-link.tsx';
import { Row, Rows } from './rows.tsx';
import { useSpeech } from './words.ts';

/** This ticket's cost so far; without amounts its measured share. */
export const TicketCost = ({ data }: { readonly data: SidebarTicket }) => {
  const { words, format, fill } = useSpeech();
  const headingId = useId();
  const { cost, money } = data;
  if (data.ticket.state === 'not yet known') return null;
  // Nothing was read yet, or nobody worked; what is not known has no rate.
  const isUntouched = cost?.soFar != null && cost.measuredShare === null && Number(cost.soFar.amount) === 0;
  const measured =
    cost?.measuredShare == null ? null : fill(words.ticket.measured, { share: format.percent(cost.measuredShare) });
  return (
    <Section aria-labelledby={headingId}>
      <Heading id={headingId}>{words.ticket.heading}</Heading>
      <Rows>
        <Row name={words.ticket.cost} note={measured}>
          {isUntouched ? (
            words.ticket.noWork
          ) : cost?.soFar ? (
            <Amount money={cost.soFar} />
          ) : money === 'hidden' ? (
            <Hint as="span">{words.ticket.hidden}</Hint>
          ) : (
            words.ticket.noRate
          )}
        </Row>
      </Rows>
    </Section>
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
      <ul>
        {orders.map(({ number, url, placedAt, status, total, refunds }) => (
          <OrderLine key={`${number} ${placedAt}`}>
            <OrderLink order={{ number, url }} />
            {total ? <Amount money={total} /> : null}
            <Whole as="div">
              <span>{format.day(placedAt)}</span>
              <span>{statusName(status, words)}</span>
            </Whole>
            {refunds.map(({ amount, madeAt }) => (
              <Whole as="div" key={`${madeAt} ${amount?.amount}`}>
                <span>{fill(words.orders.refunded, { date: format.day(madeAt) })}</span>
                {amount ? <Amount money={{ ...amount, amount: `-${amount.amount}` }} /> : null}
              </Whole>
            ))}
          </OrderLine>
        ))}
      </ul>
    </Section>
  );
};
