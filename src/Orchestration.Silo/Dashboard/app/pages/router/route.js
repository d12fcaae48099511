// One route: the rule, every candidate, the calls, what judges and people said; and deleting it.

import { ApiError, del, get } from '../../lib/api.js';
import { ask, button } from '../../lib/dialog.js';
import { crumbs, fill, h } from '../../lib/dom.js';
import { auditOf, doneNote, versionCode } from '../../lib/figures.js';
import { count, duration, fixed, money, percent, time } from '../../lib/format.js';
import { session } from '../../lib/session.js';
import { empty, failed, loading } from '../../lib/states.js';
import { facts, table } from '../../lib/table.js';

/** @param {import('../../main.js').View} view @param {string} id */
export async function showRoute({ root, signal, title }, id) {
  title(`Route ${id}`);
  const place = h('div', null, loading());
  const forget = button('Delete…', { kind: 'danger', reason: session.lacks('operate', 'call'), on: remove });
  fill(root, crumbs(['Router', '#/router']), h('div.head', null, h('h1', null, h('code.title', null, id)), forget), place);

  async function look() {
    try {
      fill(place, draw(await get(`/v1/routes/${encodeURIComponent(id)}`, { signal })));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 404) {
        forget.remove();
        fill(place, empty('Nothing is kept of this route.', 'It was never routed here, is too old, or was deleted.'));
      } else {
        fill(place, failed(error, look));
      }
    }
  }

  async function remove() {
    const done = await ask({
      title: 'Delete this route?',
      action: 'Delete for good',
      isDanger: true,
      type: id.slice(0, 10),
      body: [
        h('p', null, 'Everything that is kept of it goes: the decision, the calls, texts where they are kept, what judges and people said. This cannot be undone.'),
        h('p', null, 'Totals by day and expert go on counting it, and the audit log keeps its id.'),
      ],
      act: () => del(`/v1/routes/${encodeURIComponent(id)}`),
    });
    if (done === null) return;
    const entry = (await auditOf(id, signal, 1).catch(() => null))?.[0];
    forget.remove();
    fill(place, doneNote('The route is deleted.', entry), h('p', null, h('a', { href: '#/router' }, 'Back to the router')));
  }

  await look();
}

/** @param {any} r */
function draw(r) {
  const answered = 'calls' in r;
  return h('div.stack', null,
    h('section.card', { 'aria-label': 'Decision' },
      h('h2', null, 'Why'),
      h('p.rule', null, r.reason),
      h('p.dim', null, [
        r.explored ? 'It was drawn at random among those on offer, to learn of it.' : null,
        r.abstained ? 'The policy was not sure, and left it to the default expert.' : null,
        `The chance of asking ${r.expert} first was ${percent(r.probability)}.`,
        r.sampled ? 'Its answer was chosen to be judged.' : null,
      ].filter(Boolean).join(' ')),
      facts(
        ['Decided', time(r.at, true)], ['Policy', r.policy ?? 'none: the request named an expert'], ['Plan', r.plan], ['Asked first', r.expert],
        ['Answered by', answered ? r.answered_by ?? h('span.chip.bad', null, 'nobody') : 'under way'], answered && ['Status', String(r.status)], answered && ['Cost', money(r.cost_usd)], answered && ['Time', duration(r.seconds)],
        answered && ['Tokens', `${count(r.input_tokens)} in, ${count(r.output_tokens)} out`], ['Policy version', versionCode(r.policy_version)], ['Features', versionCode(r.features_version)], ['Key', r.key ?? '–'])),
    h('section.card', { 'aria-label': 'Candidates' }, h('h2', null, 'Candidates'), table({
      caption: 'Candidates and what was predicted of them',
      columns: [
        { title: 'Expert', show: (/** @type {any} */ c) => h('span.row.tight', null, c.expert, c.expert === r.expert ? h('span.chip.good', null, 'asked first') : null), isName: true },
        { title: 'Predicted quality', show: (c) => (c.quality === null ? h('span.dim', null, 'not predicted') : fixed(c.quality, 3)), sort: (c) => c.quality, isNumber: true },
        { title: '95% interval', show: (c) => (c.lower === null || c.upper === null ? '–' : `${fixed(c.lower, 3)} to ${fixed(c.upper, 3)}`), isNumber: true },
        { title: 'Expected cost', show: (c) => money(c.cost_usd), sort: (c) => c.cost_usd, isNumber: true },
        { title: 'Chance', show: (c) => percent(c.probability), sort: (c) => c.probability, isNumber: true, hint: 'Of being asked first, exploration included' },
      ],
      rows: r.candidates,
      empty: 'The rule weighed nobody against another.',
    }).element, r.excluded.length ? [h('h3', null, 'Not on offer'), h('ul', null, r.excluded.map((/** @type {any} */ e) => h('li', null, h('b', null, e.expert), `: ${e.reason}`)))] : null),
    answered ? h('section.card', { 'aria-label': 'Calls' }, h('h2', null, 'Calls'), table({
      caption: 'Calls made for this route',
      columns: [
        { title: 'Expert', show: (/** @type {any} */ c) => c.expert, isName: true },
        { title: 'As', show: (c) => c.role },
        { title: 'Status', show: (c) => (c.status ? String(c.status) : '–'), isNumber: true },
        { title: 'Score', show: (c) => fixed(c.score, 3), isNumber: true, hint: 'Of judges that decide' },
        { title: 'Time', show: (c) => duration(c.seconds), isNumber: true },
        { title: 'Cost', show: (c) => `${money(c.cost_usd)}${c.unknown_usd ? ` (+${money(c.unknown_usd)} unknown)` : ''}`, isNumber: true },
        { title: 'Problem', show: (c) => c.problem ?? '–', isLong: true },
      ],
      rows: r.calls,
    }).element, r.chosen_by?.length ? h('p.dim', null, `Chosen by ${r.chosen_by.join(', ')}, which do not report its quality.`) : null) : null,
    h('section.card', { 'aria-label': 'Judged' }, h('h2', null, 'Judged'), judged(r)),
    h('section.card', { 'aria-label': 'Ratings' }, h('h2', null, 'Ratings'), r.feedback.length ? h('ul.plain', null, r.feedback.map((/** @type {any} */ f) => h('li', null, h('b', null, fixed(f.rating, 2)), ` by ${f.source}`, f.comment ? h('span.quoted', null, ` “${f.comment}”`) : null))) : h('p.dim', null, 'Nobody has rated it.')));
}

/** @param {any} r */
function judged(r) {
  const names = [...Object.keys(r.scores), ...Object.keys(r.unscored)].sort();
  if (names.length === 0) return h('p.dim', null, r.sampled ? 'It has not been judged yet, or its judges could not be asked.' : 'It is none of the share of answers that is judged.');
  return [
    r.score === null ? h('p', null, 'No judge, or too few, gave a score: it has none.') : h('p', null, h('b', null, fixed(r.score, 3)), r.score_lower === null ? '' : ` (${fixed(r.score_lower, 3)} to ${fixed(r.score_upper, 3)})`, ' by ', r.aggregator === 'mean' ? 'the mean' : ['aggregator version ', versionCode(r.aggregator)]),
    table({
      caption: 'What judges said',
      columns: [
        { title: 'Judge', show: (/** @type {string} */ j) => h('a', { href: `#/judges/${encodeURIComponent(j)}` }, j), isName: true },
        { title: 'Mapped score', show: (j) => fixed(r.scores[j], 3), isNumber: true },
        { title: 'Why none', show: (j) => r.unscored[j] ?? '–' },
      ],
      rows: names,
    }).element,
  ];
}
