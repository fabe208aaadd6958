import { Button } from '@zendeskgarden/react-buttons';
import { Combobox, Field, Option } from '@zendeskgarden/react-dropdowns';
import { Input, Field as TextField } from '@zendeskgarden/react-forms';
import { type KeyboardEvent, type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import styled, { css } from 'styled-components';
import type { SidebarChoices } from '../../src/features/sidebar/contract.ts';
import { choosableOf, matching } from './choosable.ts';
import type { Choice, Choosable, FieldState, Wish } from './correction.ts';
import { Hint } from './look.tsx';
import { Waiting } from './notices.tsx';
import { orderNumberIn } from './order-number.ts';
import type { Session } from './session.ts';
import type { EditKind } from './whose.tsx';
import { useSpeech } from './words.ts';

interface Props {
  readonly label: string;
  /** What is chosen takes the place of several. */
  readonly isShared?: boolean;
  /** The code of the one that stands, where it is one. */
  readonly current?: string | null;
  readonly session: Session;
  readonly onWish: (wish: Wish) => void;
  /** True of `hasLeft`: the agent has gone elsewhere, and the focus with them. */
  readonly onClose: (hasLeft?: boolean) => void;
}

const Panel = styled.div`
  padding-block: ${({ theme }) => theme.space.xxs} ${({ theme }) => theme.space.xs};
`;

const optionHeightPx = 28;
/** Half an option at its end says that there are more. */
const mostListHeightPx = 4 + 7.5 * optionHeightPx;
const listMarginPx = 16;

/** The list floats over what follows it; where too little follows, the page is made as long as the list needs. */
const useRoom = (root: RefObject<HTMLElement>, options: number): void => {
  useLayoutEffect(() => {
    const page = root.current?.closest('main');
    if (!root.current || !page || options === 0) return;
    const listTop = root.current.getBoundingClientRect().bottom - page.getBoundingClientRect().top;
    const height = Math.min(options * optionHeightPx, mostListHeightPx) + listMarginPx;
    page.style.minBlockSize = `${Math.ceil(listTop + height)}px`;
    return () => {
      page.style.minBlockSize = '';
    };
  }, [root, options]);
};

const Buttons = styled.div`
  display: flex;
  gap: ${({ theme }) => theme.space.xs};
  margin-block-start: ${({ theme }) => theme.space.xs};
`;

const small = css`
  && {
    margin-block-end: ${({ theme }) => theme.space.xs};
    font-size: ${({ theme }) => theme.fontSizes.sm};
    line-height: ${({ theme }) => theme.lineHeights.sm};
  }
`;
const ChoiceHint = styled(Field.Hint)`
  ${small}
`;
const SmallHint = styled(TextField.Hint)`
  ${small}
`;

const Marked = styled.span`
  display: flex;
  flex: 1;
  align-items: baseline;
  gap: ${({ theme }) => theme.space.xs};
  justify-content: space-between;
`;

/** More than this are not put on the page at once; the search finds the rest. */
const mostShown = 100;

const useFocus = <Root extends HTMLElement>(ready: boolean) => {
  const root = useRef<Root>(null);
  useEffect(() => {
    if (ready) root.current?.querySelector('input')?.focus();
  }, [ready]);
  return root;
};

/** The first hit is active while one types, and Enter takes it; where Enter takes nothing the search stays open. */
export const ChoiceSearch = ({
  label,
  hint,
  choices,
  current,
  search,
  isExpanded,
  onSearch,
  onChoice,
  onClose,
}: Pick<Props, 'label' | 'onClose'> & {
  /** What is to be known before one chooses. */
  readonly hint: string | null;
  /** With their names as they are shown. */
  readonly choices: readonly Choice[];
  /** The code of the one that stands. */
  readonly current: string | null;
  readonly search: string;
  readonly isExpanded: boolean;
  readonly onSearch: (search: string) => void;
  readonly onChoice: (choice: Choice) => void;
}) => {
  const { words, format } = useSpeech();
  const found = matching(choices, search, format.locale);
  return (
    <Field>
      <Field.Label hidden>{label}</Field.Label>
      {hint === null ? null : <ChoiceHint>{hint}</ChoiceHint>}
      <Combobox
        isAutocomplete
        isCompact
        isExpanded={isExpanded}
        defaultActiveIndex={0}
        inputValue={search}
        placeholder={words.edit.search}
        listboxAriaLabel={label}
        listboxMaxHeight={`${mostListHeightPx}px`}
        onChange={({ type, inputValue, selectionValue, isExpanded: isOpen }) => {
          const choice = choices.find(({ code }) => code === selectionValue);
          if (choice) onChoice(choice);
          else if (type === 'input:keyDown:Enter') return;
          else if (isOpen === false) onClose(type === 'input:blur');
          else if (inputValue !== undefined) onSearch(inputValue);
        }}
      >
        {found.length === 0 ? (
          <Option isDisabled value="" label={words.edit.noMatch} />
        ) : (
          found.slice(0, mostShown).map(({ code, name }) => (
            <Option key={code} value={code} label={name}>
              {code === current ? (
                <Marked>
                  <bdi>{name}</bdi>
                  <Hint as="span">{words.edit.current}</Hint>
                </Marked>
              ) : null}
            </Option>
          ))
        )}
        {found.length > mostShown ? <Option isDisabled value="" label={words.edit.more} /> : null}
      </Combobox>
    </Field>
  );
};

const ChoiceEditor = ({
  kind,
  label,
  isShared,
  current,
  session,
  onWish,
  onClose,
}: Props & { readonly kind: Choosable }) => {
  const speech = useSpeech();
  const { words } = speech;
  const [choices, setChoices] = useState<SidebarChoices | 'failed' | null>(null);
  const [options, setOptions] = useState<FieldState['options']>();
  const [search, setSearch] = useState('');
  const isReady = choices !== null && choices !== 'failed';
  const offered = isReady ? choosableOf(kind, choices, options, speech) : [];
  const root = useFocus<HTMLDivElement>(isReady);
  useRoom(root, offered.length);
  // Opened once it stands on the page: Garden places a list that is born open before it knows its width.
  const [isExpanded, setExpanded] = useState(false);
  useEffect(() => {
    if (isReady) setExpanded(true);
  }, [isReady]);

  const load = useCallback((): void => {
    setChoices(null);
    session.choices().then(setChoices, () => setChoices('failed'));
  }, [session]);
  useEffect(load, [load]);
  useEffect(() => {
    // Where it is not told, what depends on it is not offered.
    session.field(kind).then(
      (field) => setOptions(field?.options ?? null),
      () => {},
    );
  }, [kind, session]);

  if (choices === null)
    return (
      <div role="status">
        <Waiting isShown />
      </div>
    );
  if (choices === 'failed')
    return (
      <Panel>
        <Hint role="alert">{words.edit.noChoices}</Hint>
        <Buttons>
          <Button size="small" isLink onClick={load}>
            {words.retry}
          </Button>
          <Button size="small" isLink onClick={() => onClose()}>
            {words.edit.cancel}
          </Button>
        </Buttons>
      </Panel>
    );

  return (
    <Panel ref={root}>
      <ChoiceSearch
        label={label}
        hint={isShared ? words.edit.shared : null}
        choices={offered}
        current={current ?? null}
        search={search}
        isExpanded={isExpanded}
        onSearch={setSearch}
        onChoice={(choice) => onWish({ kind, choice })}
        onClose={onClose}
      />
    </Panel>
  );
};

const numberExamples = { one: '1001', two: '#1001', three: 'DE-1001' };

const NumberEditor = ({ label, session, onWish, onClose }: Props) => {
  const { words, fill } = useSpeech();
  const [held, setHeld] = useState('');
  /** Null: as the field holds it. */
  const [typed, setTyped] = useState<string | null>(null);
  const [isTried, setTried] = useState(false);
  const root = useFocus<HTMLFormElement>(true);
  const shown = typed ?? held;
  const number = orderNumberIn(shown);
  const isTakenAway = held !== '' && shown.trim() === '';
  const isWrong = isTried && number === null && !isTakenAway;
  useEffect(() => {
    // Where it is not told, a number can be given all the same.
    session.field('orderNumber').then(
      (field) => setHeld(field?.value ?? ''),
      () => {},
    );
  }, [session]);
  const onKeyDown = ({ key }: KeyboardEvent): void => {
    if (key === 'Escape') onClose();
  };
  return (
    <Panel
      as="form"
      ref={root as never}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (shown === held && held !== '') onClose();
        else if (number === null && !isTakenAway) root.current?.querySelector('input')?.focus();
        else onWish({ kind: 'orderNumber', number });
      }}
    >
      <TextField>
        <TextField.Label hidden>{label}</TextField.Label>
        <SmallHint>{fill(words.edit.numberHint, numberExamples)}</SmallHint>
        <Input
          isCompact
          dir="auto"
          autoComplete="off"
          placeholder={words.edit.number}
          value={shown}
          {...(isWrong && { validation: 'error' as const })}
          onChange={({ target }) => setTyped(target.value)}
        />
        {isWrong ? (
          <TextField.Message role="alert" validation="error">
            {words.edit.numberFault}
          </TextField.Message>
        ) : null}
      </TextField>
      <Buttons>
        <Button size="small" type="submit">
          {words.edit.save}
        </Button>
        <Button size="small" isBasic onClick={() => onClose()}>
          {words.edit.cancel}
        </Button>
      </Buttons>
    </Panel>
  );
};

/** Puts one thing right: a choice from a searched list, or an order number. */
export const Editor = ({ kind, ...props }: Props & { readonly kind: EditKind }) =>
  kind === 'orderNumber' ? <NumberEditor {...props} /> : <ChoiceEditor kind={kind} {...props} />;
