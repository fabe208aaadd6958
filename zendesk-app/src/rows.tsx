import { getColor } from '@zendeskgarden/react-theming';
import { createContext, type ReactNode, useId } from 'react';
import styled from 'styled-components';
import { Hint } from './look.tsx';

/** Name and value side by side; one below the other where there is no room (320 px at 200 %). */
export const Rows = styled.dl``;

const Line = styled.div`
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  column-gap: ${({ theme }) => theme.space.xs};
  padding-block: 4px;
`;

const Name = styled.dt`
  flex: 1 0 88px;
  color: ${({ theme }) => getColor({ theme, variable: 'foreground.subtle' })};
`;

const Value = styled.dd`
  display: flex;
  flex: 2 1 150px;
  gap: ${({ theme }) => theme.space.xxs};
  align-items: baseline;
  justify-content: space-between;
  min-inline-size: 0;
  & > div {
    flex: 1;
    min-inline-size: 0;
  }
  & > button {
    /* As tall as the row and no taller: the button's own room reaches into the lines above and below. */
    align-self: flex-start;
    margin-block: -6px;
  }
`;

const Below = styled.dd`
  flex: 1 1 100%;
  /* A field is no wider than the panel, however wide it would like to be. */
  min-inline-size: 0;
  margin-block-start: ${({ theme }) => theme.space.xs};
`;

/** The id of the name, for what in the row is called like something in another one. */
export const RowNameId = createContext<string | undefined>(undefined);

export const Row = ({
  name,
  children,
  note,
  action,
  below,
}: {
  readonly name: string;
  readonly children: ReactNode;
  readonly note?: ReactNode;
  readonly action?: ReactNode;
  /** Under name and value, over the whole width. */
  readonly below?: ReactNode;
}) => {
  const nameId = useId();
  return (
    <Line>
      <Name id={nameId}>{name}</Name>
      <Value>
        <div>
          {children}
          {note ? (
            <Hint as="div">
              <RowNameId.Provider value={nameId}>{note}</RowNameId.Provider>
            </Hint>
          ) : null}
        </div>
        {action}
      </Value>
      {below ? <Below>{below}</Below> : null}
    </Line>
  );
};
