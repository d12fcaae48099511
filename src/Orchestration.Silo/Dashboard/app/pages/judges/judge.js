// One judge.

import { get } from '../../lib/api.js';
import { bars } from '../../lib/charts.js';
import { crumbs, fill, h } from '../../lib/dom.js';
import { auditCard, auditOf } from '../../lib/figures.js';
import { count, fixed, money, percent, time } from '../../lib/format.js';
import { poll } from '../../lib/poll.js';
import { empty, failed, loading } from '../../lib/states.js';
import { facts, table } from '../../lib/table.js';
import { costOf, flipsOf, repliesOf, stateOf } from './figures.js';
import { probesCard } from './probes.js';
import { buttonOf } from './hold.js';

/** @type {Record<string, string>} */
const reasons = {
  unreadable: 'reply could not be read', off_scale: 'score off the scale', truncated: 'reply cut off', refused: 'refused to judge', filtered: 'content filter', too_long: 'too long for the model', timeout: 'out of time',
  unavailable: 'endpoint away', rejected: 'endpoint refused the call', low_mass: 'too little probability on scores', no_reference: 'row has no reference', no_context: 'row has no context', not_applicable: 'does not apply',
  own_family: 'answer of its own family', quarantined: 'in quarantine', took_part_in_choosing: 'took part in choosing', spend_cap: 'money was used up',
};

/** @param {import('../../main.js').View} view @param {string} name */
export async function showJudge({ root, signal, title }, name) {
  title(name);
  const place = h('div', null, loading());
  const state = h('span', null);
  const hold = h('span', null);
  const audit = auditCard(name);
  let before = '';
  fill(root, crumbs(['Judges', '#/judges']), h('div.head', null, h('div.row', null, h('h1', null, name), state), hold), place);

  async function look() {
    const [report, entries] = await Promise.all([get('/v1/judges/report', { signal }), auditOf(name, signal).catch((error) => { if (signal.aborted) throw error; return null; })]);
    const text = JSON.stringify([report, entries]);
    if (text === before) return;
    before = text;
    const judge = report.judges.find((/** @type {any} */ j) => j.judge === name);
    if (!judge) {
      fill(place, empty('Nothing is known of a judge of this name.', 'It has said nothing in routed answers, in requests at this silo, or in the last sweeps.'));
      return;
    }
    const open = new Set([...place.querySelectorAll('details[open]')].map((d) => d.id));
    fill(state, stateOf(judge, report));
    fill(hold, buttonOf(name, report, look));
    audit.update(entries);
    const held = report.held.find((/** @type {any} */ q) => q.name === name);
    const [replies, flips, cost] = [repliesOf(judge), flipsOf(judge), costOf(judge)];
    fill(place, h('div.stack', null,
      held ? h('p.note', null, `In quarantine since ${time(held.at)} by ${held.by}: ${held.reason}`) : null,
      report.drift.filter((/** @type {any} */ d) => d.name === name).map((/** @type {any} */ d) => h(d.is_worse ? 'p.note' : 'p', null, `Drift: ${d.what}`)),
      h('section.card', { 'aria-label': 'Figures' }, facts(
        ['Replies', count(replies.all)], ['Without a score', percent(replies.unscored)], ['Unreadable', percent(replies.unreadable)],
        ['Verdicts that flip', flips.compared ? `${percent(flips.share)} of ${count(flips.compared)} comparisons` : '– (no comparisons)'],
        ['Mean mapped score', judge.routed ? `${fixed(judge.routed.mean, 3)} ± ${fixed(judge.routed.deviation, 3)}` : '–'],
        ['With the other judges', judge.routed?.with_others === null || !judge.routed ? '–' : `correlation ${fixed(judge.routed.with_others, 2)}`],
        ['Cost since the store began', cost.usd === null ? '–' : `${money(cost.usd)}${cost.unknown ? `, and ${money(cost.unknown)} unknown` : ''}, ${count(cost.calls)} calls`])),
      h('div.cards', null,
        source('Routed answers', judge.routed, 'The last 20,000 that were judged.'),
        source('Requests', judge.requests, 'At this silo, since its start.'),
        source('Sweeps', judge.swept, `Rows that were read of the last ${report.sweeps.length} sweeps.`)),
      probesCard(report, name),
      h('div.cards', null, agreement(report, name), costs(judge)),
      audit.element));
    for (const id of open) place.querySelector(`#${id}`)?.setAttribute('open', '');
  }

  poll(look, { every: 5000, signal, onError: (error) => { if (!before) fill(place, failed(error, () => look().catch((e) => fill(place, failed(e))))); } });
}

/** @param {string} title @param {any} counts @param {string} note */
function source(title, counts, note) {
  const unscored = counts ? Object.entries(counts.unscored).sort((a, b) => Number(b[1]) - Number(a[1])) : [];
  return h('section.card', { 'aria-label': title }, h('h2', null, title), counts
    ? [h('p.dim', null, note), bars([{ name: 'scored', value: counts.scored, text: count(counts.scored) }, ...unscored.map(([reason, n]) => ({ name: h('span', { title: reason }, reasons[reason] ?? reason), value: Number(n), text: count(Number(n)), colour: 'warn' }))], `${title}: with a score, and why without`),
      counts.compared ? h('p', null, `${count(counts.flipped)} of ${count(counts.compared)} comparisons got verdicts that prefer different answers when the two are shown in the other order.`) : null]
    : h('p.dim', null, 'It has said nothing here.'));
}

/** @param {any} report @param {string} name */
function agreement(report, name) {
  const pairs = report.agreement.filter((/** @type {any} */ p) => (p.first === name || p.second === name) && p.answers > 0).map((/** @type {any} */ p) => ({ ...p, other: p.first === name ? p.second : p.first }));
  return h('section.card', { 'aria-label': 'Agreement with others' }, h('h2', null, 'Agreement with the others'), pairs.length ? table({
    caption: 'Agreement with the other judges over routed answers',
    columns: [
      { title: 'Judge', show: (/** @type {any} */ p) => h('a', { href: `#/judges/${encodeURIComponent(p.other)}` }, p.other), sort: (p) => p.other, isName: true },
      { title: 'Answers', show: (p) => count(p.answers), sort: (p) => p.answers, isNumber: true },
      { title: 'Correlation', show: (p) => fixed(p.correlation, 2), sort: (p) => p.correlation, isNumber: true },
      { title: 'Apart', show: (p) => fixed(p.mean_distance, 3), sort: (p) => p.mean_distance, isNumber: true, hint: 'Mean absolute difference of mapped scores' },
    ],
    rows: pairs,
  }).element : h('p.dim', null, 'No routed answer was scored by it and another judge.'));
}

/** @param {any} judge */
function costs(judge) {
  return h('section.card', { 'aria-label': 'Cost' }, h('h2', null, 'Cost'), judge.cost.length ? [table({
    caption: 'Cost by deployment',
    columns: [
      { title: 'Deployment', show: (/** @type {any} */ c) => c.deployment || '–', isName: true },
      { title: 'Calls', show: (c) => count(c.calls), isNumber: true },
      { title: 'Known', show: (c) => money(c.settled_usd), isNumber: true },
      { title: 'Unknown', show: (c) => money(c.unknown_usd), isNumber: true, hint: 'May have been charged: usage never arrived' },
    ],
    rows: judge.cost,
  }).element, h('p.dim.small', null, 'Since the store began, whoever paid. Dimensions of one judge share it.')] : h('p.dim', null, 'It has cost nothing: code and recorded judges are free.'));
}
