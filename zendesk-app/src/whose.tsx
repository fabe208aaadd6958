import { Button, IconButton } from '@zendeskgarden/react-buttons';
import { Tag } from '@zendeskgarden/react-tags';
import { Icon as Pencil } from '@zendeskgarden/svg-icons/src/12/pencil-stroke.svg?icon';
import { type ReactNode, useId, useRef, useState } from 'react';
import styled from 'styled-components';
import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import type { Correction } from './correcting.ts';
import { type Choosable, type Fields, kindsOf, type Wish } from './correction.ts';
import { CorrectionNotice } from './correction-notice.tsx';
import { evidenceOf } from './evidence.ts';
import { LateEditor, loadEditor } from './late-editor.tsx';
import { Heading, Hint, Section } from './look.tsx';
import { reasonName } from './names.ts';
import { Parts } from './parts.tsx';
import { chosenIn, Order, Shares } from './row-values.tsx';
import { Row, Rows } from './rows.tsx';
import type { Session } from './session.ts';
import { isSaidNobodys, sharesBy } from './shares.ts';
import { type Speech, useSpeech } from './words.ts';

export type EditKind = Choosable | 'orderNumber';
const kinds = ['partner', 'region', 'orderNumber', 'reason'] as const satisfies readonly EditKind[];

const Strong = styled.strong`
  font-weight: ${({ theme }) => theme.fontWeights.semibold};
`;

const Below = styled.div`
  margin-block-start: ${({ theme }) => theme.space.xxs};
`;

const awaited: ReadonlySet<Correction['state']> = new Set(['saving', 'pending', 'late', 'draft']);

/** The latest correction of a row that the service does not say yet. */
const awaitedIn = (kind: EditKind, corrections: readonly Correction[], fields: Fields): Correction | undefined =>
  corrections.findLast((one) => awaited.has(one.state) && kindsOf(one.wish, fields).includes(kind));

/** The chunk is fetched before it is used; one that does not come is said where it is used. */
const prefetchEditor = (): void => void loadEditor().catch(() => null);

const hintOf = (data: SidebarTicket, canChoose: boolean, { words }: Speech): string | null => {
  const { unattributedHint, choose, directHint, unknownHint } = words.whose;
  const { state } = data.ticket;
  if (state === 'direct') return directHint;
  if (state === 'not yet known') return unknownHint;
  if (state !== 'unattributed' || isSaidNobodys(data)) return null;
  return canChoose ? `${unattributedHint} ${choose}` : unattributedHint;
};

/** What a choice would take the place of. */
const standingIn = (kind: EditKind, attribution: SidebarTicket['attribution']) => {
  if (kind === 'reason') return { current: attribution?.reason ?? null };
  const shares = kind === 'orderNumber' ? [] : sharesBy(kind, attribution);
  return shares.length > 1 ? { isShared: true } : { current: shares[0]?.code ?? null };
};

/** Partner, region, order and reason with how they are known, each to be put right in place. */
export const Whose = ({
  data,
  isRemembered = false,
  isAway = false,
  isClosed = false,
  fields,
  correction,
  earlier,
  session,
}: {
  /** Null: a ticket that is being written. */
  readonly data: SidebarTicket | null;
  /** True of data that the browser kept: orders are not in it. */
  readonly isRemembered?: boolean;
  /** The service did not answer when it was asked last. */
  readonly isAway?: boolean;
  /** Zendesk takes no change of it any more. */
  readonly isClosed?: boolean;
  readonly fields: Fields;
  readonly correction: Correction | null;
  readonly earlier: readonly Correction[];
  readonly session: Session;
}) => {
  const speech = useSpeech();
  const { words } = speech;
  const headingId = useId();
  const [editing, setEditing] = useState<EditKind | null>(null);
  const pencils = useRef(new Map<EditKind, HTMLButtonElement>());

  const close = (hasLeft = false): void => {
    if (editing && !hasLeft) pencils.current.get(editing)?.focus();
    setEditing(null);
  };
  const wish = (wanted: Wish): void => {
    close();
    void session.correct(wanted);
  };

  const attribution = data?.attribution ?? null;
  const { notSet } = words.whose;
  const canEdit = (kind: EditKind): boolean => !isClosed && fields[kind] !== null;
  const labels: Record<EditKind, string> = {
    partner: words.whose.partner,
    region: words.whose.region,
    orderNumber: words.whose.order,
    reason: words.whose.reason,
  };
  const actions: Record<EditKind, string> = {
    partner: words.edit.partner,
    region: words.edit.region,
    orderNumber: words.edit.order,
    reason: words.edit.reason,
  };
  const shown: Record<EditKind, ReactNode> = {
    partner: <Strong>{data ? <Shares half="partner" data={data} /> : notSet}</Strong>,
    region: data ? <Shares half="region" data={data} /> : notSet,
    orderNumber: data ? <Order data={data} isRemembered={isRemembered} /> : notSet,
    reason: attribution?.reason ? reasonName(attribution.reason, words) : notSet,
  };

  const row = (kind: EditKind) => {
    const open = awaitedIn(kind, correction ? [...earlier, correction] : earlier, fields);
    const chosen = open ? chosenIn(open, kind, speech) : null;
    const isKnown = data === null ? fields[kind] !== null : fields[kind] !== null || hasValue(kind, data);
    if (!isKnown) return null;
    return (
      <Row
        key={kind}
        name={labels[kind]}
        action={
          canEdit(kind) && (
            <IconButton
              ref={(button) => {
                if (button) pencils.current.set(kind, button);
              }}
              size="small"
              aria-label={actions[kind]}
              title={actions[kind]}
              aria-expanded={editing === kind}
              aria-disabled={correction?.state === 'saving'}
              onPointerEnter={prefetchEditor}
              onFocus={prefetchEditor}
              // The search keeps the focus until the click is done: else it would close, and the click open it anew.
              onMouseDown={(event) => {
                if (editing === kind) event.preventDefault();
              }}
              onClick={() => {
                if (correction?.state !== 'saving') setEditing(editing === kind ? null : kind);
              }}
            >
              <Pencil />
            </IconButton>
          )
        }
        below={
          editing === kind && canEdit(kind) ? (
            <LateEditor
              kind={kind}
              label={actions[kind]}
              {...standingIn(kind, attribution)}
              session={session}
              onWish={wish}
              onClose={close}
            />
          ) : null
        }
      >
        {chosen === null ? (
          shown[kind]
        ) : (
          <Strong>
            <bdi>{chosen}</bdi>
          </Strong>
        )}
        {open && open.state !== 'draft' ? (
          <>
            {' '}
            <Tag size="small" isPill>
              <span>{words.edit.pending}</span>
            </Tag>
          </>
        ) : null}
      </Row>
    );
  };

  const isSaving = correction?.state === 'saving';
  /** A button that goes when it is pressed: the focus lands where the change is seen. */
  const land = (changing: Wish): void => {
    const [changed] = kindsOf(changing, fields);
    if (changed) pencils.current.get(changed)?.focus();
  };
  const undo = (): void => {
    if (correction) land(correction.wish);
    void session.undo();
  };

  /** An agent has said already that it is nobody's, or is saying so. */
  const isSaid =
    (data && isSaidNobodys(data)) ||
    [...earlier, correction].some(
      (one) => one?.wish.kind === 'notAboutAnOrder' && !one.isUndo && awaited.has(one.state),
    );
  const hint = data && hintOf(data, canEdit('partner') || canEdit('region'), speech);
  return (
    <Section aria-labelledby={headingId}>
      <Heading id={headingId}>{data ? words.whose.heading : words.newTicket.heading}</Heading>
      {data ? null : <Hint>{words.newTicket.hint}</Hint>}
      <Rows>{kinds.map(row)}</Rows>
      <Below>
        {data &&
          evidenceOf(data, speech).map((parts) => (
            <Hint key={parts.join()}>
              <Parts>{parts}</Parts>
            </Hint>
          ))}
        {hint ? <Hint>{hint}</Hint> : null}
        {isClosed ? <Hint>{words.whose.closed}</Hint> : null}
      </Below>
      <CorrectionNotice correction={correction} attribution={attribution} isAway={isAway} onUndo={undo} />
      {data && data.ticket.state !== 'not yet known' && fields.notAboutAnOrder && !isClosed && !isSaid ? (
        <Below>
          <Button
            size="small"
            isLink
            style={{ textAlign: 'start' }}
            aria-disabled={isSaving}
            onClick={() => {
              if (isSaving) return;
              land({ kind: 'notAboutAnOrder' });
              wish({ kind: 'notAboutAnOrder' });
            }}
          >
            {words.edit.notAboutAnOrder}
          </Button>
        </Below>
      ) : null}
    </Section>
  );
};

/** A row without a mapped field is shown where it says something. */
const hasValue = (kind: EditKind, { attribution }: SidebarTicket): boolean => {
  if (kind === 'orderNumber') return !!attribution?.order;
  if (kind === 'reason') return !!attribution?.reason;
  return true;
};
