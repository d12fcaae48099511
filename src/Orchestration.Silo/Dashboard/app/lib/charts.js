// Charts: uPlot's canvas for eyes, a table of the same numbers for everybody else.

import uPlot from '../vendor/uplot/uPlot.esm.js';
import { fill, h, newId } from './dom.js';
import { number, time } from './format.js';
import { colour } from './theme.js';

/**
 * @typedef {object} Series
 * @property {string} label
 * @property {number[]} x
 * @property {(number | null)[]} y
 * @property {'line' | 'steps' | 'points' | 'bars'} [kind] A line unless told.
 * @property {(number | null)[]} [lower] With `upper`, an interval as a band.
 * @property {(number | null)[]} [upper]
 * @property {string} [colour] A colour of the style sheet (`c1` … `c6`, `dim`, `bad`); the next one unless told.
 * @property {boolean} [isDashed]
 * @property {boolean} [isMark] Drawn for eyes alone (an interval, a diagonal): it stands neither in the legend nor in the table.
 * @property {string[]} [names] A name for each point, for the table.
 */

/**
 * @typedef {object} Chart
 * @property {string} title What it shows, in a sentence.
 * @property {string} xLabel
 * @property {string} [yLabel]
 * @property {Series[]} series
 * @property {boolean} [isTime] x is a moment in milliseconds.
 * @property {number} [height]
 * @property {[number | null, number | null]} [yRange] null for what the numbers need.
 * @property {[number | null, number | null]} [xRange]
 * @property {(x: number) => string} [showX]
 * @property {(y: number) => string} [showY]
 * @property {boolean} [isTitleUnseen]
 * @property {string[]} [xNames] Names at x = 0, 1, 2, …, for bars.
 */

const palette = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];

/**
 * Draws a chart.
 * @param {Chart} spec
 * @returns {{element: HTMLElement, update: (series: Series[]) => void}} `update` shows other numbers in the same chart.
 */
export function chart(spec) {
  const id = newId('chart');
  const place = h('div.plot', { 'aria-hidden': 'true' });
  const table = h('div.scroll', { tabindex: '0', role: 'group', 'aria-label': `Numbers of: ${spec.title}` });
  const numbers = h('details.numbers', { on: { toggle: () => numbers.open && tabulate() } }, h('summary', null, 'Numbers'), table);
  const legend = h('ul.legend', { 'aria-hidden': 'true' });
  const element = h('figure.chart', { 'aria-labelledby': id }, h('figcaption', { id, class: spec.isTitleUnseen ? 'unseen' : null }, spec.title), legend, place, numbers);
  let series = spec.series;
  /** @type {any} */
  let plot = null;
  /** Where each series stands in the plot's table. @type {number[]} */
  let columnOf = [];
  const showX = spec.showX ?? (spec.xNames ? (/** @type {number} */ x) => spec.xNames?.[x] ?? '' : spec.isTime ? (/** @type {number} */ x) => time(x, true) : (/** @type {number} */ x) => number(x, 4));
  const showY = spec.showY ?? ((/** @type {number} */ y) => number(y, 4));

  function draw() {
    plot?.destroy();
    const width = Math.max(120, place.clientWidth);
    const { data, drawn, bands } = prepare(series);
    const [text, grid] = [colour('text-dim'), colour('line')];
    const font = '12px system-ui, sans-serif';
    /** @type {any} */
    const axis = { stroke: text, font, labelFont: font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 } };
    plot = new uPlot({
      width,
      height: spec.height ?? 200,
      padding: [8, spec.isTime ? 28 : 12, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
      scales: {
        x: { time: Boolean(spec.isTime), range: range(spec.xRange, spec.xNames ? 0.6 : 0, Boolean(spec.isTime), () => plot?.data[0] ?? data[0]) },
        y: { range: range(spec.yRange, 0.06, false) },
      },
      axes: [
        spec.xNames
          ? { ...axis, label: spec.xLabel, labelSize: 20, size: 34, grid: { show: false }, splits: () => spec.xNames?.map((_, i) => i), values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((x) => spec.xNames?.[x] ?? '') }
          : { ...axis, label: spec.xLabel, labelSize: 20, size: 34, values: spec.isTime ? (/** @type {any} */ _, /** @type {number[]} */ at) => clock(at) : (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((x) => (spec.showX ?? showX)(x)) },
        { ...axis, label: spec.yLabel ?? '', labelSize: spec.yLabel ? 20 : 0, size: (/** @type {any} */ self, /** @type {string[] | null} */ values) => 18 + 7 * Math.max(2, ...(values ?? []).map((v) => v.length)), values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map(showY) },
      ],
      series: [{}, ...drawn],
      bands,
      hooks: { setCursor: [(/** @type {any} */ self) => tell(self)] },
    }, data, place);
    tell(plot);
  }

  function tell(/** @type {any} */ self) {
    const at = self.cursor.idx;
    fill(legend, series.map((one, index) => {
      if (one.isMark) return null;
      const mark = h('span.mark', null);
      mark.style.background = colour(one.colour ?? palette[index % palette.length]);
      const value = at === null || at === undefined ? null : self.data[columnOf[index] ?? 0]?.[at];
      return h('li', null, mark, one.label, value === null || value === undefined || at === null ? null : h('b', null, ` ${showY(value)}`));
    }), self.cursor.idx === null || self.cursor.idx === undefined ? null : h('li.dim', null, `${spec.xLabel} ${showX(self.data[0][at] * (spec.isTime ? 1000 : 1))}`));
  }

  function prepare(/** @type {Series[]} */ series) {
    const places = /** @type {number[]} */ ([]);
    /** @type {any[]} */
    const tables = [];
    /** @type {any[]} */
    const drawn = [];
    /** @type {any[]} */
    const bands = [];
    series.forEach((one, index) => {
      const line = colour(one.colour ?? palette[index % palette.length]);
      const order = one.x.map((_, i) => i).sort((a, b) => one.x[a] - one.x[b]);
      const xs = order.map((i) => one.x[i] / (spec.isTime ? 1000 : 1));
      // Two points at one place stand side by side: an x is a place in the table of all series.
      for (let i = 1; i < xs.length; i++) if (xs[i] <= xs[i - 1]) xs[i] = xs[i - 1] + Math.max(Math.abs(xs[i - 1]) * 1e-9, 1e-12);
      const columns = [xs, order.map((i) => one.y[i])];
      places.push(drawn.length + 1);
      const kind = one.kind ?? 'line';
      drawn.push({
        label: one.label,
        stroke: line,
        width: kind === 'points' ? 0 : 1.75,
        dash: one.isDashed ? [6, 4] : undefined,
        fill: kind === 'bars' ? line : undefined,
        paths: kind === 'steps' ? uPlot.paths.stepped?.({ align: 1 }) : kind === 'bars' ? uPlot.paths.bars?.({ size: [0.6, 60] }) : kind === 'points' ? () => null : undefined,
        points: kind === 'points' ? { show: true, size: 8, fill: line, stroke: line } : { show: kind === 'line' && one.x.length <= 2, size: 6, fill: line },
        spanGaps: kind === 'line',
      });
      if (one.lower && one.upper) {
        columns.push(order.map((i) => one.upper?.[i] ?? null), order.map((i) => one.lower?.[i] ?? null));
        const edge = { stroke: 'transparent', width: 0, points: { show: false }, spanGaps: true };
        drawn.push({ ...edge, label: `${one.label}, upper` }, { ...edge, label: `${one.label}, lower` });
        bands.push({ series: [drawn.length - 1, drawn.length], fill: line.replace('rgb(', 'rgba(').replace(')', ', 0.16)') });
      }
      tables.push(columns);
    });
    const data = tables.length === 0 ? [[]] : tables.length === 1 ? tables[0] : uPlot.join(tables);
    columnOf = places;
    return { data, drawn, bands };
  }

  function tabulate() {
    const hasNames = series.some((one) => one.names);
    const hasInterval = series.some((one) => one.lower);
    fill(table, h('table', null,
      h('caption.unseen', null, spec.title),
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Series'), hasNames ? h('th', { scope: 'col' }, 'Name') : null, h('th.number', { scope: 'col' }, spec.xLabel), h('th.number', { scope: 'col' }, spec.yLabel || 'Value'), hasInterval ? h('th.number', { scope: 'col' }, 'Interval') : null)),
      h('tbody', null, series.filter((one) => !one.isMark).flatMap((one) => one.x.slice(-500).map((_, k) => {
        const i = Math.max(0, one.x.length - 500) + k;
        const y = one.y[i];
        const [lower, upper] = [one.lower?.[i], one.upper?.[i]];
        return h('tr', null, h('th', { scope: 'row' }, one.label), hasNames ? h('td', null, one.names?.[i]) : null, h('td.number', null, showX(one.x[i])), h('td.number', null, y === null ? '–' : showY(y)), hasInterval ? h('td.number', null, typeof lower === 'number' && typeof upper === 'number' ? `${showY(lower)} to ${showY(upper)}` : '–') : null);
      })))));
  }

  const resize = new ResizeObserver(() => {
    if (!place.isConnected) return;
    if (!plot) draw();
    else if (Math.abs(plot.width - place.clientWidth) > 1 && place.clientWidth > 0) plot.setSize({ width: Math.max(120, place.clientWidth), height: spec.height ?? 200 });
  });
  resize.observe(place);
  const redraw = () => {
    if (element.isConnected) draw();
    else if (plot) document.removeEventListener('themechange', redraw);
  };
  document.addEventListener('themechange', redraw);
  return {
    element,
    update(next) {
      const isSame = next.length === series.length && next.every((one, i) => one.label === series[i].label && Boolean(one.lower) === Boolean(series[i].lower));
      series = next;
      if (plot && element.isConnected) {
        if (isSame) plot.setData(prepare(series).data);
        else draw();
      }
      if (numbers.open) tabulate();
    },
  };
}

/** Moments in seconds as hours and minutes, with seconds where they are that close. */
function clock(/** @type {number[]} */ at) {
  const isClose = at.length > 1 && at[1] - at[0] < 60;
  return at.map((s) => time(s * 1000, isClose).slice(at.length > 1 && at[at.length - 1] - at[0] > 86400 ? 5 : 11));
}

/**
 * @param {[number | null, number | null] | undefined} wanted
 * @param {number} margin
 * @param {boolean} isTime
 * @param {() => ArrayLike<number>} [places] The moments of a time's axis: for one alone uPlot shows a whole day and more.
 */
function range(wanted, margin, isTime, places) {
  return (/** @type {any} */ _, /** @type {number} */ least, /** @type {number} */ most) => {
    const alone = isTime && places?.().length === 1 ? places()[0] : null;
    if (alone !== null) return [alone - 60, alone + 60];
    if (least === null || most === null || !Number.isFinite(least) || !Number.isFinite(most)) return isTime ? [Date.now() / 1000 - 60, Date.now() / 1000] : [wanted?.[0] ?? 0, wanted?.[1] ?? 1];
    const pad = margin === 0.6 ? 0.6 : (most - least || Math.abs(most) || 1) * margin;
    const low = wanted?.[0] ?? least - pad;
    const high = wanted?.[1] ?? most + pad;
    return high > low ? [low, high] : [low - 0.5, low + 0.5];
  };
}

/**
 * Bars of a few named amounts, as text with a length: for counts by reason and the like.
 * @param {{name: import('./dom.js').Child, value: number, text: string, colour?: string}[]} rows
 * @param {string} label What they are, for screen readers.
 */
export function bars(rows, label) {
  const most = Math.max(...rows.map((row) => row.value), 0) || 1;
  return h('ul.bars', { 'aria-label': label }, rows.map((row) => {
    const length = h('span.length', null);
    length.style.width = `${(100 * Math.max(0, row.value)) / most}%`;
    if (row.colour) length.style.background = `var(--${row.colour})`;
    return h('li', null, h('span.name', null, row.name), h('span.track', { 'aria-hidden': 'true' }, length), h('span.value', null, row.text));
  }));
}

/** How full something is, from 0 to 1. */
export function gauge(/** @type {number | null} */ share, /** @type {string} */ label) {
  const is = share !== null && Number.isFinite(share);
  const length = h('span.length', { class: is && share >= 0.95 ? 'full' : null });
  length.style.width = `${is ? Math.min(100, Math.max(0, share * 100)) : 0}%`;
  return h('span.track.gauge', { role: 'meter', 'aria-label': label, 'aria-valuemin': '0', 'aria-valuemax': '100', 'aria-valuenow': is ? Math.round(share * 100) : '0', 'aria-valuetext': is ? `${(share * 100).toFixed(1)}%` : 'not known' }, length);
}
