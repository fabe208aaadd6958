import { getColor } from '@zendeskgarden/react-theming';
import { Icon as Flag } from '@zendeskgarden/svg-icons/src/12/flag-stroke.svg?icon';
import { lazy, Suspense, useId } from 'react';
import styled from 'styled-components';
import type { SidebarMoney, SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { daysIn } from './format.ts';
import { Heading, Hint, Section } from './look.tsx';
import { flagWords, statusName } from './names.ts';
import { OrderLink } from './order-link.tsx';
import { Row, Rows } from './rows.tsx';
import { useSpeech } from './words.ts';

/** A picture that does not come leaves its room empty: the figures stand beside it. */
const Sparkline = lazy(() =>
  import('./sparkline.tsx').then(
    (module) => ({ default: module.Sparkline }),
    () => ({ default: () => <></> }),
  ),
);

const SparklineRoom = styled.div`
  block-size: 36px;
  margin-block: ${({ theme }) => theme.space.xxs};
`;

const Flags = styled.ul`
  margin-block-start: ${({ theme }) => theme.space.xs};
`;

const FlagLine = styled.li`
  display: flex;
  gap: ${({ theme }) => theme.space.xs};
  & > svg {
    flex: none;
    margin-block-start: 4px;
    color: ${({ theme }) => getColor({ theme, variable: 'foreground.warning' })};
  }
`;

/** An amount reads from left to right in every language, its sign and currency in their places. */
const Amount = ({ money }: { readonly money: SidebarMoney }) => <bdi dir="ltr">{useSpeech().format.money(money)}</bdi>;

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
            words.whose.unknown
          )}
        </Row>
      </Rows>
    </Section>
  );
};

type Partner = NonNullable<SidebarTicket['partner']>;

const Csat = ({ csat }: { readonly csat: Partner['csat'] }) => {
  const { words, format, fill } = useSpeech();
  const n = format.number(csat.n);
  if (!('topTwoBox' in csat))
    return <Row name={words.partner.csat}>{fill(words.partner.few, { n, needed: format.number(csat.needed) })}</Row>;
  const range = format.percentRange(csat.low, csat.high);
  return (
    <Row
      name={words.partner.csat}
      note={
        <>
          <bdi>{range}</bdi> · {fill(words.partner.answers, { n })}
        </>
      }
    >
      {format.percent(csat.topTwoBox)}
    </Row>
  );
};

const Trend = ({ trend }: { readonly trend: Partner['trend'] }) => {
  const { words, format, fill, direction } = useSpeech();
  const known = trend.filter(({ costMultiple }) => costMultiple !== null);
  const [first, last] = [known[0]?.costMultiple, known.at(-1)?.costMultiple];
  if (known.length < 2 || first == null || last == null) return null;
  return (
    <SparklineRoom>
      <Suspense fallback={null}>
        <Sparkline
          values={trend.map(({ costMultiple }) => costMultiple)}
          isMirrored={direction === 'rtl'}
          label={fill(words.partner.trend, { first: format.multiple(first), last: format.multiple(last) })}
        />
      </Suspense>
    </SparklineRoom>
  );
};

/** What the partner costs and how its customers feel, each figure with what it rests on. */
export const PartnerFigures = ({ data }: { readonly data: SidebarTicket }) => {
  const { words, format, fill } = useSpeech();
  const headingId = useId();
  const { partner } = data;
  if (!partner) {
    const hasPartner = data.attribution?.shares.some((share) => share.partner !== null);
    return hasPartner ? (
      <Section>
        <Hint>{words.partner.counting}</Hint>
      </Section>
    ) : null;
  }
  const name = partner.partner.code === 'direct' ? words.whose.direct : partner.partner.name;
  const days = format.number(daysIn(partner.period));
  const cost = partner.costPerTicket && <Amount money={partner.costPerTicket} />;
  const multiple =
    partner.costMultiple === null
      ? null
      : fill(words.partner.multiple, { multiple: format.multiple(partner.costMultiple) });
  return (
    <Section aria-labelledby={headingId}>
      <Heading id={headingId}>{fill(words.partner.heading, { partner: name, days })}</Heading>
      <Rows>
        {multiple !== null || cost !== null ? (
          <Row name={words.partner.cost} note={multiple === null ? null : cost}>
            {multiple ?? cost}
          </Row>
        ) : null}
      </Rows>
      <Trend trend={partner.trend} />
      <Rows>
        {partner.contactRate === null ? null : (
          <Row name={words.partner.contactRate}>
            {fill(words.partner.per100, { rate: format.number(partner.contactRate) })}
          </Row>
        )}
        <Csat csat={partner.csat} />
      </Rows>
      {partner.flags.length > 0 ? (
        <Flags>
          {partner.flags.map((flag) => {
            const { title, rule } = flagWords(flag, words);
            return (
              <FlagLine key={flag.code}>
                <Flag />
                <div>
                  {title}
                  <Hint>{rule}</Hint>
                </div>
              </FlagLine>
            );
          })}
        </Flags>
      ) : null}
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
