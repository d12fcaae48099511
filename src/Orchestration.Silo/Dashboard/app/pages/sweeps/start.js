// Starting a sweep: what over what, what it would cost, and then going.

import { get, post, request } from '../../lib/api.js';
import { ask, button } from '../../lib/dialog.js';
import { fill, h } from '../../lib/dom.js';
import { count, money } from '../../lib/format.js';
import { announce, toast } from '../../lib/live.js';
import { session } from '../../lib/session.js';
import { failed, loading, messageOf } from '../../lib/states.js';
import { facts, table } from '../../lib/table.js';
import { sweepPath } from './words.js';

/** @param {import('../../main.js').View} view */
export async function start({ root, signal, title }) {
  title('New sweep');
  fill(root, loading());
  const [judges, sets, aggregators] = await Promise.all([
    get('/v1/judges', { signal }), get('/v1/data-sets', { signal }), session.has('judge', 'operate', 'read') ? get('/v1/aggregators', { signal }) : { aggregators: [] },
  ]);
  const lacks = session.lacks('judge');

  const option = (/** @type {string} */ value, text = value) => h('option', { value }, text);
  const from = h('select', { name: 'from', on: { change: () => { showSource(); forget(); } } },
    h('optgroup', { label: 'Rows' }, option('file', 'a file of this machine')),
    sets.data_sets.length ? h('optgroup', { label: 'Data sets of the configuration' }, sets.data_sets.map((/** @type {any} */ d) => option(`set:${d.name}`, `${d.name} (${d.kind})`))) : null);
  const file = h('input', { type: 'file', name: 'file', accept: '.jsonl,.ndjson,.json,.csv,.gz', on: { change: () => forget() } });
  const kind = h('select', { name: 'kind', on: { change: () => forget() } }, option('pairs', 'pairs: prompt, answer'), option('comparisons', 'comparisons: prompt, answer_a, answer_b'));
  const fileField = h('div.fields', null, h('label.field', null, h('span', null, 'File (JSON lines or CSV, plain or gzip, at most 1 GiB)'), file), h('label.field', null, h('span', null, 'Rows are'), kind));
  const picked = new Set();
  const setNames = Object.keys(judges.sets);
  const choices = h('fieldset', null, h('legend', null, 'Judges'));
  const box = (/** @type {string} */ name, hint = '') => h('label.check', null, h('input', {
    type: 'checkbox', name: 'judge', value: name, on: { change: (/** @type {any} */ e) => { if (e.target.checked) picked.add(name); else picked.delete(name); forget(); } },
  }), h('span', null, name, hint ? h('span.dim', null, ` ${hint}`) : null));
  const others = h('input', { name: 'others', autocomplete: 'off', spellcheck: 'false', placeholder: 'clarity@local, readability', on: { input: () => forget() } });
  fill(choices, h('legend', null, 'Judges'), setNames.map((name) => box(name, `judge set: ${judges.sets[name].join(', ')}`)), judges.panels.map((/** @type {string} */ name) => box(name, 'panel')),
    h('label.field', null, h('span', null, `${setNames.length ? 'Others' : 'Judges'}: RUBRIC@DEPLOYMENT, or names of code judges, commas between them`), others));
  const aggregator = h('select', { name: 'aggregator', on: { change: () => forget() } }, option('', 'mean of mapped scores'), aggregators.aggregators.filter((/** @type {any} */ a) => a.setting?.active ?? a.active).map((/** @type {any} */ a) => option(a.name, `${a.name}, its active version`)));
  const cap = h('input', { name: 'cap', type: 'number', min: '0', step: 'any', inputmode: 'decimal', placeholder: 'none' });
  const coverage = h('input', { name: 'coverage', type: 'number', min: '0', max: '1', step: '0.05', value: '0.8' });
  const limit = h('input', { name: 'limit', type: 'number', min: '1', step: '1', placeholder: 'all rows', on: { input: () => forget() } });
  const priority = h('input', { name: 'priority', type: 'number', step: '1', value: '0' });
  const result = h('div', { 'aria-live': 'polite' });
  const measure = button('Estimate cost', { kind: 'primary', reason: lacks, on: () => estimate() });
  const form = h('form.card.stack', { on: { submit: (/** @type {Event} */ e) => { e.preventDefault(); if (!lacks) estimate(); } } },
    h('div', null, h('label.field', null, h('span', null, 'Data'), from), fileField),
    choices,
    h('div.fields', null,
      h('label.field', null, h('span', null, 'Aggregated by'), aggregator),
      h('label.field', null, h('span', null, 'Cap in US dollars'), cap),
      h('label.field', null, h('span', null, 'First rows alone'), limit),
      h('label.field', null, h('span', null, 'Least coverage for a score'), coverage),
      h('label.field', null, h('span', null, 'Priority'), priority)),
    lacks ? h('p.note', null, lacks) : null,
    h('div.row', null, measure, h('a', { href: '#/sweeps' }, 'Back to all sweeps')),
    result);
  fill(root, h('h1', null, 'New sweep'), form);
  if (sets.data_sets.length) from.value = `set:${sets.data_sets[0].name}`;
  showSource();

  function showSource() {
    fileField.hidden = from.value !== 'file';
  }

  /** What was estimated is of something else now. */
  function forget() {
    result.replaceChildren();
  }

  function wanted() {
    const names = [...picked, ...others.value.split(',').map((/** @type {string} */ s) => s.trim()).filter(Boolean)];
    if (!names.length) throw new Problem('Name at least one judge.', others);
    if (from.value === 'file' && !file.files?.length) throw new Problem('Choose a file, or a data set of the configuration.', file);
    const number = (/** @type {HTMLInputElement} */ input) => (input.value === '' ? undefined : Number(input.value));
    return {
      judges: names, aggregator: aggregator.value || undefined, min_coverage: number(coverage), limit: number(limit), priority: number(priority), max_cost_usd: number(cap),
    };
  }

  /** Sends what is wanted, with the rows or the data set's name. */
  async function send(/** @type {string} */ path, /** @type {any} */ body) {
    if (from.value !== 'file') return post(path, { ...body, data_set: from.value.slice(4) }, { signal });
    const picked = /** @type {File} */ (file.files?.[0]);
    const { judges: names, ...rest } = body;
    const response = await request(path, {
      method: 'POST', signal, body: picked, type: /\.csv(\.gz)?$/i.test(picked.name) ? 'text/csv' : 'application/x-ndjson', query: { ...rest, judges: names.join(','), kind: kind.value },
    });
    return response.json();
  }

  async function estimate() {
    let body;
    try {
      body = wanted();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      fill(result, h('p.problem', null, error.message));
      error.field.focus();
      return;
    }
    fill(result, loading('Reading the rows and measuring every prompt; nothing is called…'));
    try {
      const found = await send('/v1/sweeps/estimate', { ...body, max_cost_usd: undefined, priority: undefined });
      show(found, body);
    } catch (error) {
      if (!signal.aborted) fill(result, failed(error));
    }
  }

  function show(/** @type {any} */ found, /** @type {any} */ body) {
    const rejected = Object.entries(found.rejected_by_reason);
    fill(result, h('div.stack', null,
      h('h2', null, 'What it would take'),
      facts(['Rows', count(found.rows)], found.rejected ? ['Rejected', count(found.rejected)] : null, ['Calls', count(found.calls)], ['Stored already', count(found.stored)],
        ['About', found.cost_usd === null ? 'no price stated' : money(found.cost_usd)], ['At most', found.cost_usd_at_most === null ? 'no price stated' : money(found.cost_usd_at_most)]),
      rejected.length ? h('p.note', null, `Rejected: ${rejected.map(([reason, n]) => `${reason} ${count(/** @type {number} */ (n))}`).join(', ')}.`) : null,
      found.warnings.map((/** @type {string} */ warning) => h('p.note', null, warning)),
      found.judges.length ? table({
        caption: 'Calls and cost by judge', pageSize: 0, rows: found.judges, columns: [
          { title: 'Judge', isName: true, show: (j) => j.judge },
          { title: 'Deployment', show: (j) => j.deployment },
          { title: 'Calls', isNumber: true, show: (j) => count(j.calls) },
          { title: 'Stored', isNumber: true, show: (j) => count(j.stored) },
          { title: 'Tokens in', isNumber: true, show: (j) => count(j.input_tokens) },
          { title: 'Tokens out', isNumber: true, show: (j) => count(j.output_tokens) },
          { title: 'About', isNumber: true, show: (j) => money(j.cost_usd) },
          { title: 'At most', isNumber: true, show: (j) => money(j.cost_usd_at_most) },
        ],
      }).element : h('p.dim', null, 'No judge calls a model: this sweep costs nothing.'),
      h('p.dim', null, '“About” goes by the usual lengths; “at most” takes one token a byte and the whole maximum output, each call sent once.'),
      h('div.row', null, button('Start the sweep', { kind: 'primary', reason: lacks, on: () => go(found, body) }))));
    announce(`It would make ${count(found.calls)} calls for about ${money(found.cost_usd)}.`);
  }

  async function go(/** @type {any} */ found, /** @type {any} */ body) {
    if (found.rows === 0) {
      toast('There is no good row in this data.', 'bad');
      return;
    }
    const sweep = await ask({
      title: 'Start this sweep?',
      body: [
        h('p', null, `${count(found.rows)} rows by ${body.judges.join(', ')}.`),
        h('p', null, found.calls === 0 ? 'It calls no model.' : `It makes ${count(found.calls)} calls for about ${money(found.cost_usd)}, at most ${money(found.cost_usd_at_most)} with each call sent once. ${body.max_cost_usd ? `It stops at ${money(body.max_cost_usd)}.` : 'It has no cap.'}`),
      ],
      action: 'Start',
      dismiss: 'Not yet',
      act: () => send('/v1/sweeps', body),
    });
    if (!sweep) return;
    for (const warning of sweep.warnings ?? []) toast(warning, 'bad');
    location.hash = sweepPath(sweep.id);
  }
}

class Problem extends Error {
  constructor(/** @type {string} */ message, /** @type {HTMLElement} */ field) {
    super(message);
    this.field = field;
  }
}
