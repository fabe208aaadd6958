import { Button } from '@zendeskgarden/react-buttons';
import { Input, Field as TextField } from '@zendeskgarden/react-forms';
import { type KeyboardEvent, useState } from 'react';
import styled from 'styled-components';
import { Buttons, type EditorProps, Panel, small, useFocus } from './editor-panel.tsx';
import { orderNumberIn } from './order-number.ts';
import { useSpeech } from './words.ts';

const SmallHint = styled(TextField.Hint)`
  ${small}
`;

const numberExamples = { one: '1001', two: '#1001', three: 'DE-1001' };

/** Takes an order number; where what the field holds is not told, one can be given all the same. */
export const NumberEditor = ({ label, field, onWish, onClose }: EditorProps) => {
  const { words, fill } = useSpeech();
  /** Null: as the field holds it. */
  const [typed, setTyped] = useState<string | null>(null);
  const [isTried, setTried] = useState(false);
  const root = useFocus<HTMLFormElement>(true);
  const held = field?.value ?? '';
  const shown = typed ?? held;
  const number = orderNumberIn(shown);
  const isTakenAway = held !== '' && shown.trim() === '';
  const isWrong = isTried && number === null && !isTakenAway;
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
