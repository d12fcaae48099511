// Versions side by side: what they were made of, how they did on the folds, and what they do with each judge.

import { get } from '../../lib/api.js';
import { chart } from '../../lib/charts.js';
import { crumbs, fill, h } from '../../lib/dom.js';
import { digitsFor, figure, versionCode } from '../../lib/figures.js';
import { brief, count, duration, fixed, number, time } from '../../lib/format.js';
import { failed, loading } from '../../lib/states.js';

const colours = ['c1', 'c2', 'c3', 'c4'];

/** @type {Record<string, string>} */
const figureNames = { mse: 'squared error', rmse: 'root of it', mae: 'absolute error', r2: 'R²', spearman: 'rank correlation', kendall: 'Kendall’s τ', accuracy: 'accuracy', half_tie_accuracy: 'accuracy, ties half', log_loss: 'log loss' };

/** @param {import('../../main.js').View} view @param {string} name @param {string[]} ids */
export async function showComparison({ root, signal, title, query }, name, ids) {
  title(`${name}: ${ids.length > 1 ? 'versions side by side' : 'version'}`);
  const path = `/v1/aggregators/${encodeURIComponent(name)}`;
  fill(root, loading());
  const [view, ...manifests] = await Promise.all([get(path, { signal }), ...ids.map((id) => get(`${path}/versions/${encodeURIComponent(id)}`, { query: { hashes: false }, signal }))]);
  const place = h('div', null);
  const data = h('input', { name: 'data_set', autocomplete: 'off', value: query.get('data_set') ?? '', 'aria-describedby': 'rows-hint' });
  const form = h('form.row', { on: { submit: (/** @type {Event} */ e) => { e.preventDefault(); explain(); } } },
    h('label.field.inline', null, h('span', null, 'Data set with human scores'), data), h('button', { type: 'submit' }, 'Measure on these rows'), h('span.dim', { id: 'rows-hint' }, 'Empty: the rows that the first version was trained on.'));
  fill(root,
    crumbs(['Aggregators', '#/aggregators'], [name, `#/aggregators/${encodeURIComponent(name)}`]),
    h('h1', null, manifests.length > 1 ? `${manifests.length} versions of ${name}` : `${name} ${brief(manifests[0].id)}`),
    h('div.stack', null,
      h('section.card', { 'aria-label': 'What they are' }, h('h2', null, 'What they are'), sideBySide(manifests, view)),
      h('section.card', { 'aria-label': 'On the folds of their training' }, h('h2', null, 'On the folds of their training'), folds(manifests)),
      h('section.card', { 'aria-label': 'Measured on the same rows' }, h('h2', null, 'Measured on the same rows'), form),
      place));

  async function explain() {
    fill(place, h('div.card', null, loading('Measuring: models are fitted again without each fold of prompts. This takes seconds, with many rows a minute.')));
    try {
      const explanation = await get(`${path}/explain`, { query: { versions: manifests.map((m) => m.id).join(','), data_set: data.value.trim() }, signal });
      fill(place, explained(explanation, manifests));
    } catch (error) {
      if (!signal.aborted) fill(place, h('div.card', null, failed(error, explain)));
    }
  }

  await explain();
}

/** The facts of manifests, a column each; what differs is marked. @param {any[]} manifests @param {any} view */
function sideBySide(manifests, view) {
  const { setting } = view;
  const is = (/** @type {string} */ id) => [setting.active === id ? 'active' : '', setting.shadow === id ? 'shadow' : '', setting.canary === id ? 'canary' : ''].filter(Boolean).join(', ') || '–';
  const judges = [...new Set(manifests.flatMap((m) => m.basis.judges.map((/** @type {any} */ j) => j.name)))].sort();
  /** @type {[string, (m: any) => import('../../lib/dom.js').Child, ((m: any) => unknown)?][]} */
  const lines = [
    ['Is', (m) => is(m.id)],
    ['Recipe', (m) => m.basis.recipe],
    ['Model that came of it', (m) => m.basis.model],
    ['Learned from', (m) => (m.basis.learned_from === 'Comparisons' || m.basis.learned_from === 'comparisons' ? 'comparisons' : 'human scores')],
    ['Predicts', (m) => `${m.basis.target.field}${m.basis.target.max > m.basis.target.min ? `, ${number(m.basis.target.min)} to ${number(m.basis.target.max)}` : ''}`],
    ['Rows, prompts', (m) => `${count(m.basis.training.rows)}, ${count(m.basis.training.groups)}`],
    ['Data', (m) => h('code', { title: m.basis.training.sha256 }, brief(m.basis.training.sha256)), (m) => m.basis.training.sha256],
    ['Folds', (m) => `${count(m.basis.repeats)} × ${count(m.basis.folds)}${m.basis.random_folds ? ', by row: flatters it' : ', by prompt'}`],
    ['Seed', (m) => String(m.basis.seed)],
    ['Stated rules', (m) => (m.basis.guards?.length ? m.basis.guards.map((/** @type {any} */ g) => `${g.kind} ${g.judge}`).join('; ') : 'none')],
    ['Gain over mean-then-fit', (m) => gainOf(m), (m) => m.figures?.gain],
    ['Trained', (m) => `${time(m.trained_at)}${m.seconds ? `, in ${duration(m.seconds)}` : ''}`, () => null],
    ['By', (m) => `${m.author ?? '–'}${m.build ? `, build ${m.build}` : ''}`],
  ];
  const cell = (/** @type {any} */ m, /** @type {any} */ line) => line[1](m);
  const row = (/** @type {any} */ line) => {
    const keys = manifests.map((m) => { const value = (line[2] ?? line[1])(m); return value instanceof Node ? value.textContent : value; });
    const differs = keys.some((key) => key !== keys[0]);
    return h('tr', { class: differs ? 'differs' : null }, h('th', { scope: 'row' }, line[0], differs ? h('span.unseen', null, ' (differs)') : null), manifests.map((m) => h('td.long', null, cell(m, line))));
  };
  const judgeLines = judges.map((judge) => /** @type {[string, (m: any) => any]} */ ([judge, (m) => {
    const known = m.basis.judges.find((/** @type {any} */ j) => j.name === judge);
    return known ? `${number(known.scale.min)} to ${number(known.scale.max)}${known.scale.direction === 'LowerIsBetter' || known.scale.direction === 'lower_is_better' ? ', lower is better' : ''}${known.is_fitted ? ', fitted' : ''}, mean ${fixed(known.reference, 2)}` : 'not asked';
  }]));
  return [
    manifests.some((m) => m.basis.training.simulated_targets) ? h('p.note', null, 'SIMULATED: some targets were given by personas, not by people.') : null,
    h('div.scroll', { role: 'region', tabindex: '0', 'aria-label': 'Versions side by side' }, h('table.sides', null,
      h('caption.unseen', null, 'Versions side by side'),
      h('thead', null, h('tr', null, h('td', null), manifests.map((m, i) => h('th', { scope: 'col' }, swatch(i), `${m.basis.recipe} `, versionCode(m.id))))),
      h('tbody', null, lines.map(row)),
      h('tbody', null, h('tr', null, h('th.group', { scope: 'colgroup', colspan: manifests.length + 1 }, 'Judges: scale, and mean mapped score in training')), judgeLines.map(row)))),
  ];
}

function gainOf(/** @type {any} */ m) {
  if (m.figures?.gain === undefined || m.figures?.gain === null) return 'not measured';
  const digits = digitsFor([m.figures.gain]);
  return `${fixed(m.figures.gain, digits)}${m.figures.gain_lower === undefined || m.figures.gain_lower === null ? '' : `, surely above ${fixed(m.figures.gain_lower, digits)} (95%)`}`;
}

function swatch(/** @type {number} */ at) {
  const mark = h('span.mark', { 'aria-hidden': 'true' });
  mark.style.background = `var(--${colours[at % colours.length]})`;
  return mark;
}

/** Baselines and models on the same folds. @param {any[]} manifests */
function folds(manifests) {
  if (manifests.every((m) => !Object.keys(m.figures?.models ?? {}).length)) return h('p.dim', null, 'Nothing was measured in training.');

  // Versions that were trained on the same rows in the same folds have the same baselines, and stand in one table.
  /** @type {Map<string, {m: any, at: number}[]>} */
  const together = new Map();
  manifests.forEach((m, at) => {
    const key = [m.basis.training.sha256, m.basis.folds, m.basis.repeats, m.basis.seed, m.basis.random_folds].join(' ');
    together.set(key, [...(together.get(key) ?? []), { m, at }]);
  });
  return [
    h('p.dim', null, 'Out of fold: each row is answered for by a fit that has not seen its prompt. Baselines and models were fitted on the same folds. ± one standard error by prompt.'),
    [...together.values()].map((group) => foldsOf(group, together.size > 1)),
  ];
}

/** @param {{m: any, at: number}[]} group @param {boolean} isTitled */
function foldsOf(group, isTitled) {
  /** @type {Map<string, {figures: Record<string, number>, of: {m: any, at: number}[]}>} */
  const rows = new Map();
  for (const one of group) {
    for (const [name, figures] of Object.entries(one.m.figures?.models ?? {})) {
      const isOwn = name === one.m.basis.model || name === one.m.basis.recipe;
      const known = rows.get(name);
      if (known) { if (isOwn) known.of.push(one); } else rows.set(name, { figures: /** @type {any} */ (figures), of: isOwn ? [one] : [] });
    }
  }
  const figures = [...new Set([...rows.values()].flatMap((r) => Object.keys(r.figures)))].filter((f) => !f.endsWith('_se'));
  const label = group.map(({ m }) => brief(m.id)).join(', ');
  return h('div', null, isTitled ? h('h3', null, h('code', null, label)) : null, h('div.scroll', { role: 'region', tabindex: '0', 'aria-label': `Folds of ${label}` }, h('table', null,
    h('caption.unseen', null, `Out-of-fold figures of ${label}`),
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Model'), figures.map((f) => h('th.number', { scope: 'col' }, figureNames[f] ?? f.replaceAll('_', ' '))))),
    h('tbody', null, [...rows].map(([name, row]) => h('tr', { class: row.of.length ? 'own' : null },
      h('th', { scope: 'row' }, row.of.map(({ at }) => swatch(at)), name, row.of.map(({ m }) => h('span.chip.good', null, brief(m.id, 7)))), figures.map((f) => h('td.number', null, withError(row.figures, f)))))))));
}

const withError = (/** @type {Record<string, number>} */ figures, /** @type {string} */ name) => (figures[name] === undefined ? '–' : `${fixed(figures[name], 4)}${figures[`${name}_se`] === undefined ? '' : ` ± ${fixed(figures[`${name}_se`], 4)}`}`);

/** @param {any} e @param {any[]} manifests */
function explained(e, manifests) {
  const { versions } = e;
  const label = (/** @type {any} */ v) => { const m = manifests.find((known) => known.id === v.version); return `${m?.basis.recipe ?? ''} ${brief(v.version, 7)}`.trim(); };
  const names = [...new Set(versions.flatMap((/** @type {any} */ v) => v.judges.map((/** @type {any} */ j) => j.judge)))];
  const importanceOf = (/** @type {string} */ judge) => versions.map((/** @type {any} */ v) => v.judges.find((/** @type {any} */ j) => j.judge === judge)?.importance ?? null);
  names.sort((a, b) => (importanceOf(b)[0]?.value ?? -Infinity) - (importanceOf(a)[0]?.value ?? -Infinity));
  const figures = [...new Set(versions.flatMap((/** @type {any} */ v) => Object.keys(v.figures)))].filter((f) => !String(f).endsWith('_se'));
  const loss = e.are_comparisons ? 'log loss' : 'squared error';
  const digits = digitsFor(names.flatMap((j) => importanceOf(j).map((/** @type {any} */ i) => i?.value ?? 0)));
  const range = rangeOf(versions);
  return h('div.stack', null,
    h('section.card', { 'aria-label': 'Figures' },
      h('h2', null, 'Figures'),
      e.notes.map((/** @type {string} */ note) => h('p.note', null, note)),
      versions.map((/** @type {any} */ v) => h(v.measured === 'in_sample' ? 'p.problem' : 'p.dim', null, versions.length > 1 ? h('b', null, `${label(v)}: `) : null, `measured ${v.measured_how}.`)),
      e.differences.map((/** @type {any} */ d) => h('p', null, differenceOf(d, label(versions[0]), label({ version: d.version }), loss))),
      h('div.scroll', { role: 'region', tabindex: '0', 'aria-label': 'Figures by version' }, h('table', null,
        h('caption.unseen', null, 'Figures of the versions'),
        h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Figure'), versions.map((/** @type {any} */ v, /** @type {number} */ i) => h('th.number', { scope: 'col' }, swatch(i), label(v))))),
        h('tbody', null, figures.map((f) => h('tr', null, h('th', { scope: 'row' }, figureNames[String(f)] ?? String(f).replaceAll('_', ' ')), versions.map((/** @type {any} */ v) => h('td.number', null, withError(v.figures, String(f)))))),
          h('tr', null, h('th', { scope: 'row' }, 'effective judges'), versions.map((/** @type {any} */ v) => h('td.number', { title: 'As many independent judges would say as much.' }, `${fixed(v.effective_channels, 1)} of ${v.judges.length}`))))))),
    h('section.card', { 'aria-label': 'Calibration' }, h('h2', null, 'Calibration'), calibration(e, label)),
    h('section.card', { 'aria-label': 'Importance' },
      h('h2', null, 'Importance'),
      h('p.dim', null, `How much more is lost a row (${loss}) when the model gets a judge’s scores of another prompt instead; 95% of the resamples in brackets. Around 0: nothing is lost without what it says beyond the others.`),
      h('div.scroll', { role: 'region', tabindex: '0', 'aria-label': 'Importance by judge' }, h('table', null,
        h('caption.unseen', null, 'Importance by judge'),
        h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Judge'), versions.map((/** @type {any} */ v, /** @type {number} */ i) => h('th.number', { scope: 'col' }, swatch(i), label(v))), h('th', { scope: 'col' }, h('span.unseen', null, 'Length')))),
        h('tbody', null, names.map((judge) => h('tr', null, h('th.long', { scope: 'row' }, judge), importanceOf(judge).map((/** @type {any} */ i) => h('td.number', null, i ? figure(i, digits) : 'not asked')), h('td.length', { 'aria-hidden': 'true' }, importanceOf(judge).map((/** @type {any} */ i, /** @type {number} */ at) => length(i?.value ?? 0, Math.max(...names.map((n) => Math.max(...importanceOf(n).map((/** @type {any} */ x) => x?.value ?? 0)))), at))))))))),
    h('section', { 'aria-label': 'Curves' },
      h('h2', null, 'What each judge’s score changes, other things equal'),
      h('p.dim', null, `In ${e.are_comparisons ? 'log-odds' : e.target}, less the mean; one vertical scale for all; bands of 95%. The most important judge comes first.`),
      h('div.cards', null, names.map((judge) => curveCard(versions, String(judge), range, label)))),
    versions.some((/** @type {any} */ v) => v.residuals.length) ? h('section.card', { 'aria-label': 'Residuals by category' }, h('h2', null, 'Residuals by category'), residuals(versions, label)) : null);
}

function differenceOf(/** @type {any} */ d, /** @type {string} */ a, /** @type {string} */ b, /** @type {string} */ loss) {
  if (!d.gain) return `${a} and ${b} were not measured on the same rows in the same way: they are not compared.`;
  const { value, lower, upper } = d.gain;
  const verdict = lower > 0 ? `${b} is better than ${a}` : upper < 0 ? `${b} is worse than ${a}` : `${b} and ${a} cannot be told apart`;
  const size = value < 0 ? { value: -value, lower: -upper, upper: -lower } : d.gain;
  return `${verdict}: a row of ${b} loses ${figure(size, digitsFor([value]))} ${value < 0 ? 'more' : 'less'} than one of ${a} (${loss}, 95% by prompt).`;
}

function length(/** @type {number} */ value, /** @type {number} */ most, /** @type {number} */ at) {
  const bar = h('span.length', null);
  bar.style.width = `${most > 0 ? Math.max(0, (100 * value) / most) : 0}%`;
  bar.style.background = `var(--${colours[at % colours.length]})`;
  return h('span.track', null, bar);
}

/** All curves where the data lie. @param {any[]} versions @returns {[number, number]} */
function rangeOf(versions) {
  let [low, high] = [0, 0];
  for (const v of versions) {
    for (const j of v.judges) {
      for (let i = 0; i < j.curve.at.length; i++) {
        const isUsual = !j.usual || (j.curve.at[i] >= j.usual[0] && j.curve.at[i] <= j.usual[1]);
        for (const y of [j.curve.value[i], ...(isUsual && j.curve.lower ? [j.curve.lower[i], j.curve.upper[i]] : [])]) {
          if (typeof y === 'number') [low, high] = [Math.min(low, y), Math.max(high, y)];
        }
      }
    }
  }
  const room = (high - low || 1) * 0.06;
  return [low - room, high + room];
}

/** @param {any[]} versions @param {string} judge @param {[number, number]} range @param {(v: any) => string} label */
function curveCard(versions, judge, range, label) {
  const known = versions.map((v, at) => ({ v, at, j: v.judges.find((/** @type {any} */ j) => j.judge === judge) })).filter((k) => k.j);
  const series = known.filter((k) => k.j.curve.at.length).flatMap(({ v, at, j }) => [
    { label: versions.length > 1 ? label(v) : 'effect', x: j.curve.at, y: j.curve.value, lower: j.curve.lower ?? undefined, upper: j.curve.upper ?? undefined, colour: colours[at % colours.length] },
    ...(j.accumulated ? [{ label: `${versions.length > 1 ? `${label(v)}, ` : ''}accumulated effect`, x: j.accumulated.at, y: j.accumulated.value, colour: colours[at % colours.length], isDashed: true }] : []),
  ]);
  const first = known[0].j;
  return h('section.card', { 'aria-label': `Curve of ${judge}` },
    h('h3.flush', null, judge),
    series.length ? chart({ title: `Effect of ${judge}`, isTitleUnseen: true, xLabel: first.lower_is_better ? 'score, lower is better' : 'score', series, yRange: range, xRange: [first.min, first.max], height: 180 }).element : null,
    known.map(({ v, j }) => h('p.dim.small', null, versions.length > 1 ? h('b', null, `${label(v)}: `) : null, j.sentence)));
}

/** @param {any} e @param {(v: any) => string} label */
function calibration(e, label) {
  const points = e.versions.flatMap((/** @type {any} */ v) => v.calibration.flatMap((/** @type {any} */ c) => [c.expected, c.observed.value]));
  if (!points.length) return h('p.dim', null, 'There are too few rows.');
  const [low, high] = [Math.min(...points), Math.max(...points)];
  const off = (/** @type {any} */ v) => v.calibration.filter((/** @type {any} */ c) => (c.observed.lower !== null && c.observed.lower > c.expected) || (c.observed.upper !== null && c.observed.upper < c.expected)).length;
  return [
    h('p.dim', null, e.are_comparisons ? 'Share in which A was preferred, by the chance that was said. On the dashed line what is said comes true.' : 'Mean human score by the number given. On the dashed line what is said comes true.'),
    chart({
      title: 'Calibration', isTitleUnseen: true, xLabel: e.are_comparisons ? 'chance that was said' : 'number given', yLabel: e.are_comparisons ? 'share preferred' : 'mean human score', height: 280,
      series: [...e.versions.map((/** @type {any} */ v, /** @type {number} */ at) => ({
        label: label(v), x: v.calibration.map((/** @type {any} */ c) => c.expected), y: v.calibration.map((/** @type {any} */ c) => c.observed.value),
        lower: v.calibration.map((/** @type {any} */ c) => c.observed.lower), upper: v.calibration.map((/** @type {any} */ c) => c.observed.upper), colour: colours[at % colours.length],
      })), { label: 'as said', x: [low, high], y: [low, high], colour: 'dim', isDashed: true, isMark: true }],
    }).element,
    e.versions.map((/** @type {any} */ v) => h('p.dim', null, `${e.versions.length > 1 ? `${label(v)}: ` : ''}${off(v)} of ${v.calibration.length} stretches lie off the line by more than their 95% interval, where chance alone gives one in twenty.`)),
  ];
}

/** @param {any[]} versions @param {(v: any) => string} label */
function residuals(versions, label) {
  const categories = [...new Set(versions.flatMap((v) => v.residuals.map((/** @type {any} */ r) => r.category)))].sort();
  return [
    h('p.dim', null, 'Observed less expected, 95% by prompt: above 0 the version underrates the category, below 0 it overrates it.'),
    h('div.scroll', { role: 'region', tabindex: '0', 'aria-label': 'Residuals of each category' }, h('table', null,
      h('caption.unseen', null, 'Residuals by category'),
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Category'), h('th.number', { scope: 'col' }, 'Rows'), versions.map((v) => h('th.number', { scope: 'col' }, label(v))))),
      h('tbody', null, categories.map((c) => {
        const of = versions.map((v) => v.residuals.find((/** @type {any} */ r) => r.category === c));
        return h('tr', null, h('th.long', { scope: 'row' }, c), h('td.number', null, count(of.find(Boolean)?.rows)), of.map((r) => h('td.number', { class: r && r.mean.lower !== null && (r.mean.lower > 0 || r.mean.upper < 0) ? 'warn' : null }, r ? figure(r.mean, 4) : '–')));
      })))),
  ];
}
