import styled from 'styled-components';
import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import type { Correction } from './correcting.ts';
import { type Expected, type Half, saidIn } from './correction.ts';
import { reasonName, regionName } from './names.ts';
import { OrderLink } from './order-link.tsx';
import { type HalfShare, sharesBy } from './shares.ts';
import { type Speech, useSpeech } from './words.ts';

// What stands in the rows of a ticket: what the service says, or an agent has just chosen.

const Part = styled.div`
  display: flex;
  gap: ${({ theme }) => theme.space.xs};
  justify-content: space-between;
  & > bdi {
    /* A name that is written the other way begins where the row does. */
    text-align: ${({ theme }) => (theme.rtl ? 'right' : 'left')};
  }
  & > span {
    flex: none;
  }
`;

/** Nobody, by an agent's word or for want of anything that tells it. */
const noneOf = (half: Half, { attribution }: SidebarTicket, { words }: Speech): string => {
  const { noPartner, noPartnerFound, noRegion, noRegionFound } = words.whose;
  const isSaid = attribution?.how[half] === 'person';
  if (half === 'partner') return isSaid ? noPartner : noPartnerFound;
  return isSaid ? noRegion : noRegionFound;
};

/** Who bears the ticket by partner or by region, each with its part where they are several. */
export const Shares = ({ half, data }: { readonly half: Half; readonly data: SidebarTicket }) => {
  const speech = useSpeech();
  const { words, format } = speech;
  if (data.ticket.state === 'not yet known') return words.whose.unknown;
  const nameOf = ({ code, name }: HalfShare): string => {
    if (code === null || name === null) return noneOf(half, data, speech);
    if (half === 'region') return regionName({ code, name }, format);
    return code === 'direct' ? words.whose.direct : name;
  };
  const shares = sharesBy(half, data.attribution);
  if (shares.length === 1) return shares.map((only) => <bdi key={only.code}>{nameOf(only)}</bdi>);
  return shares.map((one) => (
    <Part key={one.code}>
      <bdi>{nameOf(one)}</bdi> <span>{format.percent(one.share)}</span>
    </Part>
  ));
};

/** The service keeps them in lower case. */
const shown = (number: string): string => `#${number.toUpperCase()}`;

const byOrders: ReadonlySet<string> = new Set(['field', 'text', 'recent orders', 'recent orders, region']);

/** The order that decided, and what the field holds where that is no order here. */
export const Order = ({ data, isRemembered }: { readonly data: SidebarTicket; readonly isRemembered: boolean }) => {
  const { words, fill } = useSpeech();
  const { attribution } = data;
  if (attribution === null || isRemembered) return '\u2013';
  const { order, orderField, how } = attribution;
  const unknown = orderField
    .filter(({ known }) => !known)
    .map(({ number }) => <div key={number}>{fill(words.whose.orderNotFound, { number: shown(number) })}</div>);
  const known = orderField.filter(({ known }) => known).map(({ number }) => shown(number));
  const isBySeveral = [how.partner, how.region].some((one) => one !== 'person' && byOrders.has(one));
  if (order) return [<OrderLink key={order.number} order={order} />, ...unknown];
  if (known.length > 0) return [<bdi key="known">{known.join(', ')}</bdi>, ...unknown];
  if (isBySeveral) return [<div key="several">{words.whose.severalOrders}</div>, ...unknown];
  return unknown.length > 0 ? unknown : words.whose.notSet;
};

/** What the agent has just chosen or taken back to stands in the row until the service says it; null where that is not known. */
export const chosenIn = (correction: Correction, kind: keyof Expected, { words, format }: Speech): string | null => {
  const said = saidIn(correction, kind);
  if (!said) return null;
  const { code, name } = said;
  const { notSet, noPartner, noRegion, direct } = words.whose;
  if (code === null) {
    if (correction.state === 'draft') return notSet;
    return kind === 'partner' ? noPartner : kind === 'region' ? noRegion : notSet;
  }
  if (kind === 'reason') return reasonName(code, words);
  if (kind === 'region') return regionName({ code, name: name ?? code }, format);
  return kind === 'partner' && code === 'direct' ? direct : name;
};
