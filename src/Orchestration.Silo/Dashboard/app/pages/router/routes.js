// What was decided lately, newest first, a page at a time.

import { get } from '../../lib/api.js';
import { fill, h } from '../../lib/dom.js';
import { figure } from '../../lib/figures.js';
import { count, duration, money, percent, time } from '../../lib/format.js';
import { failed, loading } from '../../lib/states.js';
import { table } from '../../lib/table.js';

const limit = 25;

/** Where they are shown. @param {import('../../main.js').View} view */
export function routesCard({ signal }) {
  const place = h('div', null, loading());
  const where = h('span.dim', { role: 'status' });
  const option = (/** @type {string} */ value, /** @type {string} */ text) => h('option', { value }, text);
  const choose = (/** @type {string} */ label, /** @type {[string, string][]} */ options) => h('select', { 'aria-label': label, on: { change: () => begin() } }, options.map(([value, text]) => option(value, text)));
  const expert = choose('Answered by', [['', 'every expert']]);
  const policy = choose('Policy', [['', 'every policy']]);
  const only = choose('Only', [['', 'all'], ['judged', 'judged'], ['explored', 'drawn at random'], ['abstained', 'policy abstained'], ['failed', 'without an answer']]);
  const older = h('button', { type: 'button', on: { click: () => { if (next) { trail.push(at); show(next); } } } }, 'Older');
  const newer = h('button', { type: 'button', on: { click: () => show(trail.pop() ?? '') } }, 'Newer');
  const id = h('input', { 'aria-label': 'Route id', placeholder: 'r_…', autocomplete: 'off', spellcheck: 'false', size: '18' });
  const find = h('form.row', { on: { submit: (/** @type {Event} */ event) => { event.preventDefault(); if (id.value.trim()) location.hash = `#/router/routes/${encodeURIComponent(id.value.trim())}`; } } }, id, h('button', { type: 'submit' }, 'Open by id'));
  /** Pages gone through, to come back. @type {string[]} */
  let trail = [];
  let at = '';
  /** @type {string | null} */
  let next = null;
  let turn = 0;
  let known = '';

  const rows = table({
    caption: 'Decisions, newest first',
    columns: [
      { title: 'Route', show: (/** @type {any} */ r) => h('a', { href: `#/router/routes/${r.id}`, title: `Why ${r.id} went where it went` }, h('code', null, r.id.slice(0, 10))), isName: true },
      { title: 'When', show: (r) => time(r.at, true) },
      { title: 'Policy', show: (r) => r.policy ?? h('span.dim', null, 'none') },
      { title: 'Answered by', show: (r) => h('span.row.tight', null, r.answered_by ?? h('span.chip.bad', null, 'nobody'), r.answered_by && r.answered_by !== r.expert ? h('span.chip', { title: `${r.expert} was asked first` }, 'not the first') : null, r.explored ? h('span.chip', null, 'at random') : null, r.abstained ? h('span.chip', null, 'abstained') : null) },
      { title: 'Rule', show: (r) => r.reason, isLong: true },
      { title: 'Chance', show: (r) => percent(r.probability), isNumber: true, hint: 'Probability of asking this expert first' },
      { title: 'Judged', show: (r) => (r.score ? figure(r.score, 2) : r.sampled ? h('span.dim', null, 'not yet') : '–'), isNumber: true },
      { title: 'Time', show: (r) => duration(r.seconds), isNumber: true },
      { title: 'Cost', show: (r) => money(r.cost_usd), isNumber: true },
    ],
    pageSize: 0,
    key: (r) => r.id,
    empty: 'No such route.',
  });

  function begin() {
    trail = [];
    show('');
  }

  async function show(/** @type {string} */ before) {
    const mine = ++turn;
    if (!rows.element.isConnected) fill(place, loading());
    try {
      const page = await get('/v1/routes', { query: { limit, before, expert: expert.value, policy: policy.value, only: only.value }, signal });
      if (mine !== turn) return;
      [at, next] = [before, page.next_before];
      rows.update(page.routes);
      if (!rows.element.isConnected) fill(place, rows.element);
      older.disabled = !next;
      newer.disabled = !before;
      const isFiltered = expert.value || policy.value || only.value;
      where.textContent = isFiltered ? `${count(page.routes.length)} found among ${count(page.searched)} looked at${next ? '; older ones are not looked at yet' : ', the last of those that are kept'}` : `${count(page.routes.length)} routes`;
    } catch (error) {
      if (!signal.aborted && mine === turn) fill(place, failed(error, () => show(before)));
    }
  }

  const element = h('section.card', { 'aria-label': 'Recent decisions' },
    h('div.head', null, h('h2', null, 'Recent decisions'), find),
    h('div.row.filters', null, expert, policy, only),
    place,
    h('div.pager', null, newer, where, older));
  return {
    element,
    begin,
    /** New routes came: the first page shows them; whoever has gone further back stays there. */
    follow: () => { if (!at) show(''); },
    /** Names to choose among. */
    names(/** @type {string[]} */ experts, /** @type {string[]} */ policies) {
      const text = JSON.stringify([experts, policies]);
      if (text === known) return;
      known = text;
      const [e, p] = [expert.value, policy.value];
      fill(expert, option('', 'every expert'), experts.map((name) => option(name, name)));
      fill(policy, option('', 'every policy'), policies.map((name) => option(name, name)));
      expert.value = e;
      policy.value = p;
    },
  };
}
