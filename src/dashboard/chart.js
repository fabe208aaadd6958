// @ts-check
import { el, setAttribute, setText, svg } from './dom.js';
import { dayWords, price } from './format.js';

/** @import { Series } from './api-types.d.ts' */

const [width, height, gap] = [600, 84, 0.25];

/** Cost over time as bars; the text beside it says the same in words. */
export const createChart = () => {
  const drawing = svg('svg', {
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-labelledby': 'chart-words',
  });
  const caption = el('figcaption', { id: 'chart-words' });
  const [first, last] = [el('span'), el('span')];
  /** @type {{ bar: Element, title: Element }[]} */
  const bars = [];
  return {
    node: el(
      'figure',
      { class: 'chart' },
      caption,
      drawing,
      el('div', { class: 'axis', 'aria-hidden': 'true' }, first, last),
    ),
    /** @param {Series} series */
    update({ step, points }) {
      const values = points.map(({ supportCost }) => Number(supportCost?.amount ?? 0));
      const top = Math.max(...values, 0);
      while (bars.length < points.length) {
        const bar = svg('rect');
        const title = svg('title');
        bar.append(title);
        drawing.append(bar);
        bars.push({ bar, title });
      }
      for (const { bar } of bars.splice(points.length)) bar.remove();
      const each = width / Math.max(points.length, 1);
      points.forEach((point, index) => {
        const tall = top === 0 ? 0 : (Math.max(values[index] ?? 0, 0) / top) * (height - 2);
        const held = bars[index];
        if (!held) return;
        setAttribute(held.bar, 'x', (index * each).toFixed(2));
        setAttribute(held.bar, 'width', (each * (1 - gap)).toFixed(2));
        setAttribute(held.bar, 'y', (height - tall).toFixed(2));
        setAttribute(held.bar, 'height', tall.toFixed(2));
        const part = point.partial ? `, a part of the ${step}` : '';
        setText(held.title, `${dayWords(point.day)}: ${price(point.supportCost)}${part}`);
        held.bar.classList.toggle('part', point.partial ?? false);
      });
      const peak = points[values.indexOf(top)];
      setText(
        caption,
        peak && top > 0
          ? `Support cost per ${step}; highest ${price(peak.supportCost)} on ${dayWords(peak.day)}`
          : `Support cost per ${step}: ${points.some(({ supportCost }) => supportCost === null) ? 'not shown' : 'none'} in this period`,
      );
      setText(first, points[0] ? dayWords(points[0].day) : '');
      const end = points.at(-1);
      setText(last, end ? dayWords(end.day) : '');
    },
  };
};
