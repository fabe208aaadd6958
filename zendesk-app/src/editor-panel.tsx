import { useEffect, useRef } from 'react';
import styled, { css } from 'styled-components';
import type { FieldState, Wish } from './correction.ts';

export interface EditorProps {
  readonly label: string;
  /** What is chosen takes the place of several. */
  readonly isShared?: boolean;
  /** The code of the one that stands, where it is one. */
  readonly current?: string | null;
  /** As it is in Zendesk, null where none is mapped; undefined until it is told, and where it cannot be. */
  readonly field: FieldState | null | undefined;
  readonly onWish: (wish: Wish) => void;
  /** True of `hasLeft`: the agent has gone elsewhere, and the focus with them. */
  readonly onClose: (hasLeft?: boolean) => void;
}

export const Panel = styled.div`
  padding-block: ${({ theme }) => theme.space.xxs} ${({ theme }) => theme.space.xs};
`;

export const Buttons = styled.div`
  display: flex;
  gap: ${({ theme }) => theme.space.xs};
  margin-block-start: ${({ theme }) => theme.space.xs};
`;

export const small = css`
  && {
    margin-block-end: ${({ theme }) => theme.space.xs};
    font-size: ${({ theme }) => theme.fontSizes.sm};
    line-height: ${({ theme }) => theme.lineHeights.sm};
  }
`;

/** What is to be used first has the focus once it stands there. */
export const useFocus = <Root extends HTMLElement>(ready: boolean) => {
  const root = useRef<Root>(null);
  useEffect(() => {
    if (ready) root.current?.querySelector<HTMLElement>('input, button')?.focus();
  }, [ready]);
  return root;
};
