// Cost and quality: experts, the best that can be had for each price, and where the running policies stand.

import { chart } from '../../lib/charts.js';
import { fill, h } from '../../lib/dom.js';
import { figure } from '../../lib/figures.js';
import { count, fixed, money } from '../../lib/format.js';

const colours = ['c1', 'c3', 'c4', 'c5', 'c6'];

/** @typedef {{name: string, kind: string, usd: number, quality: {value: number, lower: number | null, upper: number | null}, rows: number, how: string}} Point */

/** Where it is shown. */
export function frontierCard() {
  const place = h('div', null);
  const element = h('section.card', { 'aria-label': 'Cost and quality' }, h('h2', null, 'Cost and quality'), place);
  /** @type {{element: HTMLElement, update: (series: any[]) => void} | null} */
  let drawn = null;
  /** The chart's range is fixed when it is made. */
  let width = 0;
  return {
    element,
    /** @param {any} router @param {any[]} rows */
    update(router, rows) {
      const experts = /** @type {Point[]} */ (rows.map((e) => {
        const quality = e.quality?.corrected;
        const sent = e.total && e.total.routes > 0 ? e.total.cost_usd / e.total.routes : null;
        const usd = e.quality?.expected_usd ?? sent;
        return quality && usd !== null && usd !== undefined ? { name: e.name, kind: 'expert', usd, quality, rows: e.quality.judged, how: e.quality.expected_usd === null ? 'cost of what it was sent' : 'expected cost over all judged prompts' } : null;
      }).filter(Boolean));
      const policies = /** @type {Point[]} */ (router.policy_quality.filter((/** @type {any} */ p) => p.quality && p.mean_usd !== null && p.judged > 1 && p.policy).map((/** @type {any} */ p) => ({
        name: p.policy, kind: 'policy', usd: p.mean_usd, quality: p.quality, rows: p.judged, how: 'what its judged routes cost and scored',
      })));
      if (experts.length + policies.length === 0) {
        drawn = null;
        fill(place, h('p.dim', null, 'Nothing can be drawn yet. Quality comes from judged answers: give the router a judge set and a share (', h('code', null, 'router: judging'), '), let it explore, and wait for some hundred answers.'));
        return;
      }
      const edge = hull(experts);
      const most = Math.max(...experts.map((p) => p.usd * 1000), ...policies.map((p) => p.usd * 1000)) || 1;
      if (drawn && most !== width) drawn = null;
      width = most;
      const series = [
        ...(edge.length > 1 ? [{ label: 'best mixture of experts', x: edge.map((p) => p.usd * 1000), y: edge.map((p) => p.quality.value), colour: 'dim', isDashed: true, names: edge.map((p) => p.name) }] : []),
        ...experts.flatMap((p, i) => marks(p, colours[i % colours.length])),
        ...policies.flatMap((p) => marks(p, 'c2', `policy ${p.name}`)),
      ];
      if (drawn) drawn.update(series);
      else {
        drawn = chart({ title: 'Quality over cost', isTitleUnseen: true, xLabel: 'US dollars for 1,000 answers', yLabel: 'judged quality', series, height: 280, xRange: [0, most * 1.08], showX: (x) => money(x), showY: (y) => fixed(y, 3) });
      }
      const all = [...experts, ...policies];
      const missing = rows.filter((e) => e.isKnown && !experts.some((p) => p.name === e.name)).map((e) => e.name);
      fill(place,
        h('p.dim', null, 'Experts: quality corrected for what each was sent, and what an answer of it would have cost over the same prompts. Policies: what their judged routes, a fair sample, scored and cost. Upright lines are 95% intervals; a policy above the dashed line is worth more than any mixture of experts drawn blindly. Whether it surely is goes by its own interval.'),
        drawn.element,
        h('div.scroll', { role: 'region', tabindex: '0', 'aria-label': 'Cost and quality in numbers' }, h('table', null,
          h('caption.unseen', null, 'Cost and quality of experts and policies'),
          h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Who'), h('th', { scope: 'col' }, 'Is'), h('th.number', { scope: 'col' }, 'For 1,000 answers'), h('th.number', { scope: 'col' }, 'Quality'), h('th.number', { scope: 'col' }, 'Judged'), h('th', { scope: 'col' }, 'On the edge'), h('th', { scope: 'col' }, 'Cost is'))),
          h('tbody', null, all.map((p) => h('tr', null, h('th', { scope: 'row' }, p.name), h('td', null, p.kind), h('td.number', null, money(p.usd * 1000)), h('td.number', null, figure(p.quality)), h('td.number', null, count(p.rows)), h('td', null, p.kind === 'expert' ? (edge.includes(p) ? 'yes' : 'no') : above(p, edge)), h('td.dim', null, p.how)))))),
        missing.length ? h('p.dim', null, `Not drawn, because too few of their answers were judged to be corrected, or their cost is not known: ${missing.join(', ')}.`) : null);
    },
  };
}

/** A point with its interval. @param {Point} p @param {string} colour */
function marks(p, colour, label = p.name) {
  const x = p.usd * 1000;
  const series = /** @type {any[]} */ ([{ label, x: [x], y: [p.quality.value], lower: [p.quality.lower], upper: [p.quality.upper], kind: 'points', colour, names: [p.name] }]);
  if (p.quality.lower !== null && p.quality.upper !== null) series.push({ label: `${label}, interval`, x: [x, x], y: [p.quality.lower, p.quality.upper], colour, isMark: true });
  return series;
}

/** The upper left edge: cheapest first, each of higher quality, bent one way only. @param {Point[]} points */
export function hull(points) {
  const sorted = [...points].sort((a, b) => a.usd - b.usd || b.quality.value - a.quality.value);
  /** @type {Point[]} */
  const edge = [];
  for (const p of sorted) {
    if (edge.length && p.quality.value <= edge[edge.length - 1].quality.value) continue;
    while (edge.length > 1) {
      const [a, b] = edge.slice(-2);
      if ((b.quality.value - a.quality.value) * (p.usd - a.usd) > (p.quality.value - a.quality.value) * (b.usd - a.usd)) break;
      edge.pop();
    }
    edge.push(p);
  }
  return edge;
}

/** Where a policy lies beside the edge. @param {Point} p @param {Point[]} edge */
function above(p, edge) {
  if (edge.length === 0) return '–';
  if (p.usd < edge[0].usd) return 'cheaper than all';
  let best = edge[edge.length - 1].quality.value;
  for (let i = 1; i < edge.length; i++) {
    const [a, b] = [edge[i - 1], edge[i]];
    if (p.usd >= a.usd && p.usd <= b.usd) best = a.quality.value + ((b.quality.value - a.quality.value) * (p.usd - a.usd)) / (b.usd - a.usd || 1);
  }
  const [low, high] = [p.quality.lower ?? p.quality.value, p.quality.upper ?? p.quality.value];
  return low > best ? 'above it' : high < best ? 'below it' : 'cannot be told';
}
