import { Button } from '@zendeskgarden/react-buttons';
import { getColor } from '@zendeskgarden/react-theming';
import { Icon as Chevron } from '@zendeskgarden/svg-icons/src/12/chevron-down-stroke.svg?icon';
import { Icon as Flag } from '@zendeskgarden/svg-icons/src/12/flag-stroke.svg?icon';
import { lazy, type ReactNode, Suspense, useId, useState } from 'react';
import styled from 'styled-components';
import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { Amount } from './amount.tsx';
import { daysIn } from './format.ts';
import { Heading, Hint, Section } from './look.tsx';
import { flagWords } from './names.ts';
import { Parts } from './parts.tsx';
import { PooledParts } from './pooled.tsx';
import { Row, Rows } from './rows.tsx';
import { sharesBy } from './shares.ts';
import { useSpeech } from './words.ts';

/** A picture that does not come leaves its room empty: the figures stand beside it. */
const Sparkline = lazy(() =>
  import('./sparkline.tsx').then(
    (module) => ({ default: module.Sparkline }),
    () => ({ default: () => <></> }),
  ),
);

const Weeks = styled.figure`
  margin: 0;
  padding-block: ${({ theme }) => theme.space.xxs};
`;

const SparklineRoom = styled.div`
  block-size: 36px;
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

/** A heading that opens and closes what is under it, as wide as the panel. */
const Toggle = styled(Button).attrs({ isBasic: true, isNeutral: true, isStretched: true, size: 'small' })`
  && {
    display: flex;
    justify-content: space-between;
    margin-inline: -${({ theme }) => theme.space.xs};
    padding-inline: ${({ theme }) => theme.space.xs};
    inline-size: calc(100% + 2 * ${({ theme }) => theme.space.xs});
    block-size: auto;
    font-size: inherit;
    font-weight: inherit;
    line-height: inherit;
    text-align: start;
    white-space: normal;
  }
`;

type Partner = SidebarTicket['partners'][number];

/** A rate by fewer orders than this says nothing: tickets and orders are told alone. */
const fewOrders = 10;

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
        <Parts>
          <bdi>{range}</bdi>
          {fill(words.partner.answers, { n })}
        </Parts>
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
  const end = trend.at(-1)?.to;
  if (known.length < 2 || first == null || last == null || end === undefined) return null;
  const date = format.dayOfYear(end);
  return (
    <Weeks>
      <SparklineRoom>
        <Suspense fallback={null}>
          <Sparkline
            values={trend.map(({ costMultiple }) => costMultiple)}
            isMirrored={direction === 'rtl'}
            label={fill(words.partner.trend, { first: format.multiple(first), last: format.multiple(last), date })}
          />
        </Suspense>
      </SparklineRoom>
      <Hint as="figcaption">
        <Parts>
          {fill(words.partner.weeks, { date })}
          {words.partner.dashed}
        </Parts>
      </Hint>
    </Weeks>
  );
};

const Figures = ({ partner }: { readonly partner: Partner }) => {
  const { words, format, fill, count } = useSpeech();
  const { costed, created, orders, multiple, per100 } = words.partner;
  const cost = partner.costPerTicket && <Amount money={partner.costPerTicket} />;
  const times =
    partner.costMultiple === null ? null : fill(multiple, { multiple: format.multiple(partner.costMultiple) });
  const onTickets = count(costed, partner.costedTickets);
  const counts = (
    <Parts>
      {count(created, partner.tickets)}
      {count(orders, partner.orders)}
    </Parts>
  );
  return (
    <>
      {partner.notHeld.length > 0 ? <Hint>{words.partner.notHeld}</Hint> : null}
      {times !== null || cost !== null ? (
        <Rows>
          <Row
            name={words.partner.cost}
            note={
              <PooledParts>
                {times === null ? null : cost}
                {onTickets}
              </PooledParts>
            }
          >
            {times ?? cost}
          </Row>
        </Rows>
      ) : null}
      <Trend trend={partner.trend} />
      <Rows>
        {partner.contactRate === null ? null : partner.orders < fewOrders ? (
          <Row name={words.partner.contactRate}>{counts}</Row>
        ) : (
          <Row name={words.partner.contactRate} note={counts}>
            {fill(per100, { rate: format.number(partner.contactRate) })}
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
    </>
  );
};

/** One of several partners: their figures are opened and closed by their name. */
const Foldable = ({
  title,
  share,
  isFirst,
  children,
}: {
  readonly title: string;
  readonly share: string;
  readonly isFirst: boolean;
  readonly children: ReactNode;
}) => {
  const { words, fill } = useSpeech();
  const [isOpen, setOpen] = useState(isFirst);
  const headingId = useId();
  const bodyId = useId();
  return (
    <Section aria-labelledby={headingId}>
      <Heading id={headingId}>
        <Toggle aria-expanded={isOpen} aria-controls={bodyId} onClick={() => setOpen(!isOpen)}>
          <span>{title}</span>
          <Button.EndIcon isRotated={isOpen}>
            <Chevron />
          </Button.EndIcon>
        </Toggle>
      </Heading>
      <Hint>{fill(words.partner.share, { share })}</Hint>
      <div id={bodyId}>{isOpen ? children : null}</div>
    </Section>
  );
};

const Whole = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => {
  const headingId = useId();
  return (
    <Section aria-labelledby={headingId}>
      <Heading id={headingId}>{title}</Heading>
      {children}
    </Section>
  );
};

/** What each partner costs and how its customers feel, each figure with what it rests on; of several the first is open. */
export const PartnerFigures = ({ data }: { readonly data: SidebarTicket }) => {
  const { words, format, fill } = useSpeech();
  const shares = sharesBy('partner', data.attribution);
  if (data.partners.length === 0) {
    if (shares.every(({ code }) => code === null)) return null;
    return (
      <Section>
        <Hint>{data.counting ? words.partner.counting : words.partner.noFigures}</Hint>
      </Section>
    );
  }
  return shares.map(({ code, name, share }) => {
    if (code === null) return null;
    const called = code === 'direct' ? words.whose.direct : (name ?? code);
    const ofTicket = format.percent(share);
    const partner = data.partners.find((one) => one.partner.code === code);
    if (!partner)
      return (
        <Whole key={code} title={called}>
          <Hint>{fill(words.partner.share, { share: ofTicket })}</Hint>
          <Hint>{words.partner.noFigures}</Hint>
        </Whole>
      );
    const days = format.number(daysIn(partner.period));
    const title = fill(words.partner.heading, { partner: called, days });
    const figures = <Figures partner={partner} />;
    if (shares.length === 1)
      return (
        <Whole key={code} title={title}>
          {figures}
        </Whole>
      );
    return (
      <Foldable key={code} title={title} share={ofTicket} isFirst={partner === data.partners[0]}>
        {figures}
      </Foldable>
    );
  });
};
