import { DEFAULT_THEME, getColor, getLineHeight, type IGardenTheme, ThemeProvider } from '@zendeskgarden/react-theming';
import type { ReactNode } from 'react';
import styled, { createGlobalStyle } from 'styled-components';

export type Scheme = 'light' | 'dark';

export const themeOf = (scheme: Scheme, direction: 'ltr' | 'rtl'): IGardenTheme => ({
  ...DEFAULT_THEME,
  rtl: direction === 'rtl',
  colors: { ...DEFAULT_THEME.colors, base: scheme },
});

const Page = createGlobalStyle`
  html { color-scheme: ${({ theme }) => theme.colors.base}; }
  body {
    margin: 0;
    background: ${({ theme }) => getColor({ theme, variable: 'background.default' })};
    color: ${({ theme }) => getColor({ theme, variable: 'foreground.default' })};
    font-family: ${({ theme }) => theme.fonts.system};
    font-size: ${({ theme }) => theme.fontSizes.md};
    line-height: ${({ theme }) => getLineHeight(theme.lineHeights.md, theme.fontSizes.md)};
    overflow-wrap: anywhere;
  }
  dl, dd, ol, ul, h2, p { margin: 0; padding: 0; font-size: inherit; font-weight: inherit; list-style: none; }
`;

export const Look = ({
  scheme,
  direction,
  children,
}: {
  readonly scheme: Scheme;
  readonly direction: 'ltr' | 'rtl';
  readonly children?: ReactNode;
}) => (
  <ThemeProvider theme={themeOf(scheme, direction)}>
    <Page />
    {children}
  </ThemeProvider>
);

export const Frame = styled.main`
  padding: ${({ theme }) => theme.space.xs} ${({ theme }) => theme.space.sm} ${({ theme }) => theme.space.sm};
`;

export const Section = styled.section`
  & + & {
    margin-block-start: ${({ theme }) => theme.space.sm};
    padding-block-start: ${({ theme }) => theme.space.sm};
    border-block-start: ${({ theme }) => theme.borders.sm} ${({ theme }) => getColor({ theme, variable: 'border.subtle' })};
  }
`;

export const Heading = styled.h2`
  && {
    margin-block-end: ${({ theme }) => theme.space.xxs};
    font-weight: ${({ theme }) => theme.fontWeights.semibold};
  }
`;

/** Small print: how something is known, of when it is, what it means. */
export const Hint = styled.p`
  color: ${({ theme }) => getColor({ theme, variable: 'foreground.subtle' })};
  font-size: ${({ theme }) => theme.fontSizes.sm};
  line-height: ${({ theme }) => getLineHeight(theme.lineHeights.sm, theme.fontSizes.sm)};
`;

export const Footer = styled(Hint)`
  margin-block-start: ${({ theme }) => theme.space.sm};
`;

/** Read aloud and not shown. */
export const Spoken = styled.span`
  margin: 0;
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
`;
