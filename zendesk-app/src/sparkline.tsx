import { getColor } from '@zendeskgarden/react-theming';
import styled from 'styled-components';
import { drawingOf } from './sparkline-path.ts';

const box = { width: 280, height: 36, margin: 3 };

const Picture = styled.svg<{ $isMirrored: boolean }>`
  display: block;
  inline-size: 100%;
  block-size: ${box.height}px;
  overflow: visible;
  /* Time runs as the text does. */
  transform: ${({ $isMirrored }) => ($isMirrored ? 'scaleX(-1)' : 'none')};
  .line {
    fill: none;
    stroke: ${({ theme }) => getColor({ theme, variable: 'foreground.primary' })};
    stroke-width: 1.5;
    stroke-linejoin: round;
  }
  /* Round ends of lines without length: the picture is stretched, its dots are not. */
  .dot {
    stroke: ${({ theme }) => getColor({ theme, variable: 'foreground.primary' })};
    stroke-width: 5;
    stroke-linecap: round;
  }
  .average {
    stroke: ${({ theme }) => getColor({ theme, variable: 'border.default' })};
    stroke-dasharray: 3 3;
  }
`;

/** Cost per ticket by week as a multiple; the dashed line is the average. */
export const Sparkline = ({
  values,
  label,
  isMirrored,
}: {
  readonly values: readonly (number | null)[];
  readonly label: string;
  readonly isMirrored: boolean;
}) => {
  const { line, dots, averageY } = drawingOf(values, box);
  return (
    <Picture
      role="img"
      aria-label={label}
      viewBox={`0 0 ${box.width} ${box.height}`}
      preserveAspectRatio="none"
      $isMirrored={isMirrored}
    >
      <line className="average" x1="0" x2={box.width} y1={averageY} y2={averageY} vectorEffect="non-scaling-stroke" />
      <path className="line" d={line} vectorEffect="non-scaling-stroke" />
      {dots.map(({ x, y }) => (
        <path key={x} className="dot" d={`M${x} ${y}h0`} vectorEffect="non-scaling-stroke" />
      ))}
    </Picture>
  );
};
