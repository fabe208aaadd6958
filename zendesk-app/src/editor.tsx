import { Button } from '@zendeskgarden/react-buttons';
import { Combobox, Field, Option } from '@zendeskgarden/react-dropdowns';
import { Input, Field as TextField } from '@zendeskgarden/react-forms';
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from 'react';
import styled from 'styled-components';
import { type Choice, type Choosable, matching, orderNumberIn, type Wish } from './correction.ts';
import { Hint } from './look.tsx';
import { reasonName } from './names.ts';
import type { Session } from './session.ts';
import type { EditKind } from './whose.tsx';
import { useSpeech } from './words.ts';

interface Props {
  readonly label: string;
  readonly session: Session;
  readonly onWish: (wish: Wish) => void;
  /** True of `hasLeft`: the agent has gone elsewhere, and the focus with them. */
  readonly onClose: (hasLeft?: boolean) => void;
}

const Panel = styled.div`
  padding-block: ${({ theme }) => theme.space.xxs} ${({ theme }) => theme.space.xs};
`;

/** The list floats over what follows: the frame must be tall enough to hold it. */
const listHeight = '200px';
const Room = styled.div`
  min-block-size: 250px;
`;

const Buttons = styled.div`
  display: flex;
  gap: ${({ theme }) => theme.space.xs};
  margin-block-start: ${({ theme }) => theme.space.xs};
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
  choices,
  search,
  isExpanded,
  onSearch,
  onChoice,
  onClose,
}: Pick<Props, 'label' | 'onClose'> & {
  /** With their names as they are shown. */
  readonly choices: readonly Choice[];
  readonly search: string;
  readonly isExpanded: boolean;
  readonly onSearch: (search: string) => void;
  readonly onChoice: (choice: Choice) => void;
}) => {
  const { words, format } = useSpeech();
  const found = matching(choices, search, format.locale).slice(0, mostShown);
  return (
    <Field>
      <Field.Label hidden>{label}</Field.Label>
      <Combobox
        isAutocomplete
        isCompact
        isExpanded={isExpanded}
        defaultActiveIndex={0}
        inputValue={search}
        placeholder={words.edit.search}
        listboxAriaLabel={label}
        listboxMaxHeight={listHeight}
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
          found.map(({ code, name }) => <Option key={code} value={code} label={name} />)
        )}
      </Combobox>
    </Field>
  );
};

const ChoiceEditor = ({ kind, label, session, onWish, onClose }: Props & { readonly kind: Choosable }) => {
  const { words } = useSpeech();
  const [choices, setChoices] = useState<readonly Choice[] | 'failed' | null>(null);
  const [search, setSearch] = useState('');
  const isReady = Array.isArray(choices);
  const root = useFocus<HTMLDivElement>(isReady);
  // Opened once it stands on the page: Garden places a list that is born open before it knows its width.
  const [isExpanded, setExpanded] = useState(false);
  useEffect(() => {
    if (isReady) setExpanded(true);
  }, [isReady]);

  const load = useCallback((): void => {
    setChoices(null);
    session.choices().then(
      ({ partners, regions, reasons }) => setChoices({ partner: partners, region: regions, reason: reasons }[kind]),
      () => setChoices('failed'),
    );
  }, [kind, session]);
  useEffect(load, [load]);

  if (choices === null) return <Hint role="status">{words.loading}</Hint>;
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

  const nameOf = ({ code, name }: Choice): string => {
    if (kind === 'reason') return reasonName(code, words);
    return kind === 'partner' && code === 'direct' ? words.whose.direct : name;
  };
  const named = choices.map((choice) => ({ ...choice, name: nameOf(choice) }));
  return (
    <Panel ref={root}>
      <Room>
        <ChoiceSearch
          label={label}
          choices={named}
          search={search}
          isExpanded={isExpanded}
          onSearch={setSearch}
          onChoice={(choice) => onWish({ kind, choice })}
          onClose={onClose}
        />
      </Room>
    </Panel>
  );
};

const NumberEditor = ({ label, onWish, onClose }: Props) => {
  const { words } = useSpeech();
  const [typed, setTyped] = useState('');
  const root = useFocus<HTMLFormElement>(true);
  const number = orderNumberIn(typed);
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
        if (number !== null) onWish({ kind: 'orderNumber', number });
      }}
    >
      <TextField>
        <TextField.Label hidden>{label}</TextField.Label>
        <Input
          isCompact
          dir="auto"
          placeholder={words.edit.number}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
      </TextField>
      <Buttons>
        <Button size="small" type="submit" disabled={number === null}>
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
