// One row: what was asked and answered, what every judge said of it, and what the aggregated score is made of.

import { get } from '../../lib/api.js';
import { crumbs, fill, h } from '../../lib/dom.js';
import { count, fixed, money, percent } from '../../lib/format.js';
import { loading } from '../../lib/states.js';
import { facts } from '../../lib/table.js';
import { aggregatorWord, sweepPath } from './words.js';

/** @param {import('../../main.js').View} view @param {string} id @param {string} at */
export async function pair({ root, signal, title }, id, at) {
  title(`Row ${at} of sweep ${id}`);
  fill(root, loading());
  const row = await get(`/v1/sweeps/${encodeURIComponent(id)}/pairs/${encodeURIComponent(at)}`, { signal });
  title(`${row.id} – sweep ${id}`);
  const text = (/** @type {string} */ name, /** @type {string | null} */ value) => (value === null ? null : h('section.card', { 'aria-label': name }, h('h2', null, name), h('div.said', { tabindex: value.length > 1500 ? '0' : null, role: value.length > 1500 ? 'group' : null, 'aria-label': value.length > 1500 ? `Text of: ${name}` : null }, value)));
  fill(root,
    crumbs(['Sweeps', '#/sweeps'], [`Sweep ${id}`, sweepPath(id)], ['Rows', sweepPath(id, 'pairs')]),
    h('h1', null, row.id),
    h('div.stack', null,
      h('div.card', null, facts(['Row', count(row.number)], row.category ? ['Category', row.category] : null, row.source ? ['Source', row.source] : null, ['Group', row.group],
        row.target === null ? null : ['Human score', fixed(row.target)], row.label ? ['Human label', row.label] : null)),
      h('div.cards', null, text('Prompt', row.prompt), text(row.answer_b === null ? 'Answer' : 'Answer A', row.answer), text('Answer B', row.answer_b), text('Reference', row.reference), text('Context', row.context)),
      aggregate(row.aggregate),
      h('section.card', { 'aria-labelledby': 'said' }, h('h2', { id: 'said' }, 'What the judges said'), row.statements_note ? h('p.note', null, row.statements_note) : null, row.judgments.map(judgment))));
}

function aggregate(/** @type {any} */ a) {
  const parts = a.parts.filter((/** @type {any} */ p) => p.part !== null);
  const most = Math.max(1e-12, ...parts.map((/** @type {any} */ p) => Math.abs(p.part)));
  return h('section.card', { 'aria-labelledby': 'aggregate' },
    h('h2', { id: 'aggregate' }, 'Aggregated score'),
    facts(['Score', h('b', null, fixed(a.score))], a.interval ? [`${percent(a.level, 0)} interval`, `${fixed(a.interval[0])} to ${fixed(a.interval[1])}`] : null,
      ['Made by', h('span', { title: a.aggregator }, a.name ? `${a.name} ${aggregatorWord(a.aggregator)}` : aggregatorWord(a.aggregator))],
      a.coverage === null ? null : ['Coverage', `${percent(a.coverage, 0)} (at least ${percent(a.min_coverage, 0)})`]),
    a.note ? h('p.note', null, a.note) : null,
    parts.length === 0 || a.score === null ? null : h('div.scroll', { tabindex: '0', role: 'group', 'aria-label': 'Parts of the score' }, h('table', null, h('caption', null, a.are_exact ? 'What each judge adds' : 'What each judge adds, by sampled Shapley values against the rows around it'),
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Judge'), h('th.number', { scope: 'col' }, 'Mapped score'), h('th.number', { scope: 'col' }, 'Adds'), h('th', { scope: 'col' }, h('span.unseen', null, 'As a length')))),
      h('tbody', null,
        a.base ? h('tr', null, h('th', { scope: 'row' }, 'base'), h('td', null), h('td.number', null, fixed(a.base)), h('td', null)) : null,
        a.parts.map((/** @type {any} */ p) => h('tr', null, h('th', { scope: 'row' }, p.judge), h('td.number', null, fixed(p.mapped)), h('td.number', null, p.part === null ? 'no score' : signed(p.part)), h('td.lengths', null, p.part === null ? null : length(p.part / most)))),
        h('tr', null, h('th', { scope: 'row' }, 'score'), h('td', null), h('td.number', null, h('b', null, fixed(a.score))), h('td', null))))));
}

const signed = (/** @type {number} */ value) => `${Number(value.toFixed(3)) < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

/** A length to the right of a middle line for what adds, to the left for what takes away. */
function length(/** @type {number} */ share) {
  const inner = h(`span.length${share < 0 ? '.less' : ''}`, null);
  inner.style.width = `${Math.abs(share) * 50}%`;
  inner.style.marginLeft = `${share < 0 ? 50 - Math.abs(share) * 50 : 50}%`;
  return h('span.track', { 'aria-hidden': 'true' }, inner);
}

function judgment(/** @type {any} */ j) {
  const asked = j.column.asked === 'score' ? '' : `, ${j.column.asked.replace('_', ' ')}`;
  const verdict = j.column.asked === 'as_shown' || j.column.asked === 'swapped';
  const value = j.value === null ? null : verdict ? (j.value > 0 ? 'A is better' : j.value < 0 ? 'B is better' : 'neither is better') : String(Number(j.value.toFixed(4)));
  const scale = j.column.scale;
  return h('article.judgment', null,
    h('h3', null, `${j.column.name}${asked}`, ' ', h('span.chip', null, j.column.kind), j.column.model ? h('span.dim', null, ` ${j.column.model}`) : null),
    h('p', null,
      value === null ? h('span.chip.warn', null, `no score: ${j.unscored}`) : h('b', null, value),
      value !== null && !verdict && scale ? h('span.dim', null, ` on ${scale.min}–${scale.max}${scale.lower_is_better ? ', lower is better' : ''}${j.mapped === null ? '' : `; mapped ${fixed(j.mapped)}`}`) : null),
    j.statements.map((/** @type {any} */ s) => h('div.statement', null,
      j.statements.length > 1 ? h('p.dim', null, `${s.judge}, call ${s.repeat + 1}: ${s.values.map((/** @type {number} */ v) => Number(v.toFixed(4))).join(', ')}`) : null,
      s.rationale ? h('blockquote.said', null, s.rationale) : h('p.dim', null, 'It gave no rationale.'),
      h('p.dim', null, `${count(s.input_tokens)} tokens in${s.cached_input_tokens ? ` (${count(s.cached_input_tokens)} from the provider's cache)` : ''}, ${count(s.output_tokens)} out, ${money(s.cost_usd)}${s.served_model ? `, by ${s.served_model}` : ''}${s.failed_attempts ? `, after ${s.failed_attempts} failed attempts` : ''}${s.voided ? `, points voided: ${s.voided}` : ''}`))));
}
