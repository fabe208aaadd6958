import { Children, type ReactNode } from 'react';
import styled from 'styled-components';

const Line = styled.span`
  display: flex;
  flex-wrap: wrap;
  column-gap: 1em;
  overflow-x: clip;
  /* The focus ring of a part that begins a line is seen whole, and still no dot. */
  margin-inline: -3px;
  padding-inline: 3px;
`;

const Part = styled.span`
  position: relative;
  min-inline-size: 0;
`;

const Dot = styled.span`
  position: absolute;
  /* In the middle of the gap, and clear of what is seen beside a line. */
  inset-inline-start: calc(3px - 1em);
  inline-size: calc(1em - 6px);
  text-align: center;
`;

/** Several things in one line, a dot between each two. Where the line wraps the dot falls outside it, and is not seen. */
export const Parts = ({ children }: { readonly children: ReactNode }) => (
  <Line>
    {Children.toArray(children).map((part, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other order than their place
      <Part key={at}>
        {at > 0 ? <Dot aria-hidden>·</Dot> : null}
        {part}
      </Part>
    ))}
  </Line>
);
