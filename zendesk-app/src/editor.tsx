import { Button } from '@zendeskgarden/react-buttons';
import { Combobox, Field, Option } from '@zendeskgarden/react-dropdowns';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useState } from 'react';
import styled from 'styled-components';
import type { SidebarChoices } from '../../src/features/sidebar/contract.ts';
import { choosableOf, matching } from './choosable.ts';
import type { Choice, Choosable, FieldState } from './correction.ts';
import { DeskFault } from './desk.ts';
import { Buttons, type EditorProps, Panel, small, useFocus } from './editor-panel.tsx';
import { Hint } from './look.tsx';
import { Waiting } from './notices.tsx';
import { NumberEditor } from './number-editor.tsx';
import type { Session } from './session.ts';
import type { EditKind } from './whose.tsx';
import { useSpeech } from './words.ts';

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

const ChoiceHint = styled(Field.Hint)`
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
}: Pick<EditorProps, 'label' | 'onClose'> & {
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
  field,
  session,
  onWish,
  onClose,
}: EditorProps & { readonly kind: Choosable; readonly session: Session }) => {
  const speech = useSpeech();
  const { words } = speech;
  const [choices, setChoices] = useState<SidebarChoices | 'failed' | null>(null);
  const [search, setSearch] = useState('');
  const isReady = choices !== null && choices !== 'failed';
  // Where it is not told, what depends on it is not offered.
  const options = field === undefined ? undefined : (field?.options ?? null);
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

/** In the place of list or input: what would be given is refused. */
const Unfit = ({ field = '', onClose }: Pick<DeskFault, 'field'> & Pick<EditorProps, 'onClose'>) => {
  const { words, fill } = useSpeech();
  const root = useFocus<HTMLDivElement>(true);
  return (
    <Panel ref={root}>
      <Hint role="alert">{fill(words.fault.severalChoices, { field })}</Hint>
      <Buttons>
        <Button size="small" isLink onClick={() => onClose()}>
          {words.edit.cancel}
        </Button>
      </Buttons>
    </Panel>
  );
};

/** Puts one thing right: a choice from a searched list, or an order number. */
export const Editor = ({
  kind,
  session,
  ...props
}: Omit<EditorProps, 'field'> & { readonly kind: EditKind; readonly session: Session }) => {
  const [field, setField] = useState<FieldState | null>();
  const [unfit, setUnfit] = useState<DeskFault | null>(null);
  useEffect(() => {
    session.field(kind).then(setField, (error: unknown) => {
      if (error instanceof DeskFault && error.fault === 'severalChoices') setUnfit(error);
    });
  }, [kind, session]);
  if (unfit) return <Unfit field={unfit.field} onClose={props.onClose} />;
  if (kind === 'orderNumber') return <NumberEditor field={field} {...props} />;
  return <ChoiceEditor kind={kind} field={field} session={session} {...props} />;
};
