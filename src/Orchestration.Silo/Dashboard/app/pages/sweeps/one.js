// One sweep: how far it is, live; what it costs; what has no score and why; what the scores look like.

import { events, get } from '../../lib/api.js';
import { bars, chart } from '../../lib/charts.js';
import { crumbs, fill, h, setText } from '../../lib/dom.js';
import { count, duration, fixed, money, percent, short, time } from '../../lib/format.js';
import { announce } from '../../lib/live.js';
import { poll } from '../../lib/poll.js';
import { empty, failed, loading } from '../../lib/states.js';
import { facts, table } from '../../lib/table.js';
import { aggregatorWord, controls, progressWord, stateChip, stateWord, sweepPath } from './words.js';

/** How far back rates are measured, in milliseconds. */
const lookBack = 15000;

/** @param {import('../../main.js').View} view @param {string} id */
export async function one({ root, signal, title }, id) {
  title(`Sweep ${id}`);
  fill(root, loading());
  /** @type {import('./words.js').Sweep} */
  let sweep = await get(`/v1/sweeps/${encodeURIComponent(id)}`, { signal });
  const state = h('span', null);
  const bar = h('progress', { max: '1', 'aria-label': 'Rows done' });
  const far = h('span', null);
  const live = h('div', null);
  const ahead = h('p.dim', null);
  const money_ = h('div', null);
  const buttons = controls((next) => { sweep = next; draw(); statistics.now(); });
  const unscored = h('div', null, loading());
  const scores = h('div', null, loading());
  const byJudge = h('div', null, loading());
  const byName = h('div.cards', null);
  const partial = h('p.dim', { hidden: true });

  /** Progress as it came in, for rates. @type {{at: number, rows: number, judgments: number, cost: number}[]} */
  const seen = [];
  const rate = chart({ title: 'Judgments per second', isTitleUnseen: true, xLabel: 'time', yLabel: 'per second', isTime: true, height: 150, yRange: [0, null], series: [{ label: 'judgments per second', x: [], y: [] }] });
  const rates = { x: /** @type {number[]} */ ([]), y: /** @type {number[]} */ ([]) };
  const rateCard = h('section.card', { 'aria-labelledby': 'rate' }, h('h2', { id: 'rate' }, 'Rate'), live, rate.element);

  fill(root,
    crumbs(['Sweeps', '#/sweeps']),
    h('div.head', null, h('div.row', null, h('h1', null, `Sweep ${id}`), state), buttons.element),
    h('div.stack', null,
      h('section.card', { 'aria-label': 'Progress' }, h('div.row.progress', null, bar, far), ahead, money_),
      h('div.cards', null,
        rateCard,
        h('section.card', { 'aria-labelledby': 'unscored' }, h('h2', { id: 'unscored' }, 'Without a score, by reason'), unscored)),
      h('section.card', { 'aria-labelledby': 'spread' }, h('div.head', null, h('h2', { id: 'spread' }, 'Aggregated scores'), h('a.button', { href: sweepPath(id, 'pairs') }, 'Look at the rows')), scores),
      h('section.card', { 'aria-labelledby': 'judges' }, h('h2', { id: 'judges' }, 'Judges'), byJudge, partial),
      byName));
  draw();

  function draw() {
    fill(state, stateChip(sweep.state));
    buttons.update(sweep);
    const p = sweep.progress;
    if (p) {
      bar.value = p.rows ? p.rows_done / p.rows : 0;
      setText(far, `${progressWord(p)} · ${count(p.rows_done)} of ${count(p.rows)} rows`);
    }
    fill(money_, facts(
      ['Cost', money(sweep.totals.cost_usd)],
      sweep.money?.cap_usd != null ? ['Cap', money(sweep.money.cap_usd)] : null,
      sweep.money?.reserved_usd ? ['Reserved', money(sweep.money.reserved_usd)] : null,
      sweep.money?.unknown_usd ? ['Unknown', h('span.warn', { title: 'Charged at the reservation, because the usage never arrived.' }, money(sweep.money.unknown_usd))] : null,
      ['Calls', count(sweep.totals.calls)],
      sweep.totals.failed_attempts ? ['Failed attempts', count(sweep.totals.failed_attempts)] : null,
      ['Judgments', count(p?.judgments)], ['Found in the store', count(p?.from_store)],
      ['Without a score', `${count(p?.unscored)}${p?.judgments ? ` (${percent(p.unscored / p.judgments, 2)})` : ''}`],
      ['Tokens', `${short(sweep.totals.input_tokens)} in, ${short(sweep.totals.output_tokens)} out`],
      ['Aggregated by', h('span', { title: sweep.aggregator }, aggregatorWord(sweep.aggregator))],
      ['Begun', time(sweep.created_at)], sweep.rejected ? ['Rejected rows', count(sweep.rejected)] : null));
    rateCard.hidden = sweep.state !== 'running' && rates.x.length === 0;
  }

  function measure() {
    const now = Date.now();
    const p = sweep.progress;
    if (!p) return;
    seen.push({ at: now, rows: p.rows_done, judgments: p.judgments, cost: sweep.totals.cost_usd });
    while (seen.length > 2 && seen[0].at < now - lookBack) seen.shift();
    const first = seen[0];
    const seconds = (now - first.at) / 1000;
    if (seconds < 0.4) return;
    const perSecond = (p.judgments - first.judgments) / seconds;
    const rowsPerSecond = (p.rows_done - first.rows) / seconds;
    const perHour = ((sweep.totals.cost_usd - first.cost) / seconds) * 3600;
    rates.x.push(now);
    rates.y.push(Math.max(0, perSecond));
    if (rates.x.length > 600) {
      rates.x.shift();
      rates.y.shift();
    }
    rate.update([{ label: 'judgments per second', x: rates.x, y: rates.y }]);
    fill(live, facts(['Judgments', `${short(perSecond)}/s`], ['Rows', `${short(rowsPerSecond)}/s`], ['Cost', `${money(perHour)}/h`]));
    setText(ahead, sweep.state === 'running' && rowsPerSecond > 0 && p.rows > p.rows_done ? `About ${duration((p.rows - p.rows_done) / rowsPerSecond)} to go at this rate.` : '');
    rateCard.hidden = false;
  }

  /** Follows a sweep that had ended and was opened again. */
  let restart = () => {};

  // Progress by events, while there is any to come; the rest of the sweep's figures now and then.
  (async () => {
    while (!signal.aborted) {
      if (sweep.state === 'completed' || sweep.state === 'cancelled') {
        await new Promise((resolve) => { restart = () => resolve(undefined); signal.addEventListener('abort', () => resolve(undefined), { once: true }); });
        continue;
      }
      for await (const event of events(`/v1/sweeps/${encodeURIComponent(id)}/events`, { signal })) {
        const before = sweep.state;
        sweep = { ...sweep, state: event.data.state, progress: event.data.progress, totals: { ...sweep.totals, cost_usd: event.data.cost_usd } };
        measure();
        draw();
        if (before !== sweep.state) {
          announce(`Sweep ${id} is ${stateWord(sweep.state)}.`);
          whole.now();
          statistics.now();
        }
      }
      if (!signal.aborted && sweep.state !== 'completed' && sweep.state !== 'cancelled') await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  })().catch((error) => !signal.aborted && fill(live, failed(error)));
  const whole = poll(async () => {
    const next = await get(`/v1/sweeps/${encodeURIComponent(id)}`, { signal });
    const isOpenedAgain = (sweep.state === 'completed' || sweep.state === 'cancelled') && next.state !== sweep.state;
    sweep = next;
    draw();
    if (isOpenedAgain) restart();
  }, { every: 5000, signal });

  let isWhole = false;
  let drawnRows = -1;
  const statistics = poll(async () => {
    // Of a sweep that has ended nothing changes any more.
    if (isWhole && (sweep.state === 'completed' || sweep.state === 'cancelled') && drawnRows === sweep.progress?.rows_done) return;
    let sum;
    do {
      sum = await get(`/v1/sweeps/${encodeURIComponent(id)}/statistics`, { signal });
      isWhole = sum.is_whole;
      drawnRows = sum.rows;
      show(sum);
    } while (!isWhole && !signal.aborted);
  }, { every: 3000, signal, onError: (error) => drawnRows < 0 && fill(scores, failed(error)) });

  function show(/** @type {any} */ sum) {
    partial.hidden = sum.is_whole;
    setText(partial, `Adding up: ${count(sum.rows)} rows so far.`);
    if (!sum.rows) {
      for (const place of [unscored, scores, byJudge]) fill(place, empty('No finished row yet.'));
      return;
    }
    const reasons = new Map();
    for (const c of sum.columns) for (const [reason, n] of Object.entries(c.unscored)) reasons.set(reason, (reasons.get(reason) ?? 0) + n);
    fill(unscored, reasons.size
      ? bars([...reasons].sort((a, b) => b[1] - a[1]).map(([reason, n]) => ({ name: h('a', { href: `${sweepPath(id, 'pairs')}?unscored=${encodeURIComponent(reason)}` }, reason), value: n, text: count(n), colour: 'warn' })), 'Judgments without a score by reason')
      : h('p.dim', null, 'Every judgment has a score.'));
    drawScores(sum);
    drawJudges(sum);
    const names = (/** @type {string} */ what, /** @type {any[]} */ rows, /** @type {boolean} */ hasMore) => (rows.length < 2 ? null : h('section.card', { 'aria-label': what }, h('h2', null, what), table({
      caption: what, rows, pageSize: 10, key: (n) => n.name, sort: { column: 1, isDown: true }, columns: [
        { title: what.replace('By ', ''), isName: true, isLong: true, show: (n) => h('a', { href: `${sweepPath(id, 'pairs')}?${what === 'By category' ? 'category' : 'source'}=${encodeURIComponent(n.name)}` }, n.name), sort: (n) => n.name },
        { title: 'Rows', isNumber: true, show: (n) => count(n.rows), sort: (n) => n.rows },
        { title: 'Mean', isNumber: true, show: (n) => fixed(n.mean), sort: (n) => n.mean },
      ],
    }).element, hasMore ? h('p.dim', null, 'There are more than are told apart here.') : null));
    if (!byName.contains(document.activeElement)) fill(byName, names('By category', sum.categories, sum.has_more_categories), names('By source', sum.sources, sum.has_more_sources));
  }

  /** @type {ReturnType<typeof chart> | null} */
  let spread = null;

  function drawScores(/** @type {any} */ sum) {
    const t = sum.scores;
    if (!t.count) {
      fill(scores, empty(sweep.kind === 'comparisons' ? 'Comparisons have an aggregated score with a learned aggregator alone.' : 'No row has an aggregated score.'));
      return;
    }
    const middles = t.spread.map((/** @type {number} */ _, /** @type {number} */ i) => t.low + ((t.high - t.low) * (i + 0.5)) / t.spread.length);
    const series = [{ label: 'rows', kind: /** @type {'bars'} */ ('bars'), x: middles, y: t.spread }];
    const figures = facts(['Mean', fixed(t.mean)], ['Deviation', fixed(t.deviation)], ['Least', fixed(t.min)], ['Greatest', fixed(t.max)], ['Rows with a score', count(t.count)],
      ['Without', sum.without_score ? h('a', { href: `${sweepPath(id, 'pairs')}?without_score=true` }, count(sum.without_score)) : '0']);
    if (!t.spread.length) {
      fill(scores, figures);
    } else if (spread && scores.contains(spread.element)) {
      spread.update(series);
      scores.firstElementChild?.replaceWith(figures);
    } else {
      spread = chart({ title: 'How aggregated scores are spread', isTitleUnseen: true, xLabel: 'score', yLabel: 'rows', height: 170, xRange: [t.low, t.high], yRange: [0, null], showY: (y) => short(y), series });
      fill(scores, figures, spread.element);
    }
  }

  /** @type {ReturnType<typeof table<any>> | null} */
  let judges = null;

  function drawJudges(/** @type {any} */ sum) {
    if (judges) {
      judges.update(sum.columns);
      return;
    }
    const left = (/** @type {any} */ c) => Object.values(c.unscored).reduce((a, b) => a + b, 0);
    judges = table({
      caption: 'Judges of this sweep', rows: sum.columns, pageSize: 25, key: (c) => `${c.column.name} ${c.column.asked}`, columns: [
        { title: 'Judge', isName: true, show: (c) => (c.column.asked === 'score' ? c.column.name : `${c.column.name}, ${c.column.asked.replace('_', ' ')}`), sort: (c) => c.column.name },
        { title: 'Kind', show: (c) => c.column.kind, sort: (c) => c.column.kind },
        { title: 'Model', show: (c) => c.column.model ?? '–', sort: (c) => c.column.model },
        { title: 'Scale', show: (c) => (c.column.scale ? `${c.column.scale.min}–${c.column.scale.max}${c.column.scale.lower_is_better ? ', lower is better' : ''}` : 'none stated') },
        { title: 'Scored', isNumber: true, show: (c) => count(c.scores.count), sort: (c) => c.scores.count },
        { title: 'Mean', isNumber: true, show: (c) => fixed(c.scores.mean), sort: (c) => c.scores.mean },
        { title: 'Deviation', isNumber: true, show: (c) => fixed(c.scores.deviation), sort: (c) => c.scores.deviation },
        { title: 'Without a score', isNumber: true, show: (c) => (left(c) ? h('a', { href: `${sweepPath(id, 'pairs')}?judge=${encodeURIComponent(c.column.name)}&unscored=any` }, count(left(c))) : '0'), sort: left },
      ],
    });
    fill(byJudge, judges.element);
  }
}
