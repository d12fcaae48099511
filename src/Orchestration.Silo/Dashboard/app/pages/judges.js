// Judges: how they do, by what routed traffic, requests and the last sweeps say of them.

import { get } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { count, duration, fixed, money, percent, time } from '../lib/format.js';
import { poll } from '../lib/poll.js';
import { empty, failed, loading } from '../lib/states.js';
import { table } from '../lib/table.js';
import { agreementCard } from './judges/agreement.js';
import { buttonOf } from './judges/hold.js';
import { showJudge } from './judges/judge.js';
import { costOf, flipsOf, repliesOf, stateOf } from './judges/figures.js';
import { probesCard } from './judges/probes.js';

/** @type {{show: (view: import('../main.js').View) => Promise<void>}} */
export default {
  async show(view) {
    if (view.parts[0]) return showJudge(view, view.parts[0]);
    return showJudges(view);
  },
};

/** @param {import('../main.js').View} view */
async function showJudges({ root, signal }) {
  const place = h('div', null, loading());
  const waiting = h('div', null);
  const drift = h('div', null);
  /** @type {any} */
  let shown = null;
  let before = '';
  const agreement = agreementCard();
  const probes = h('div', null);
  fill(root, h('h1', null, 'Judges'), waiting, place);
  const judges = table({
    caption: 'All judges',
    columns: [
      { title: 'Judge', show: (/** @type {any} */ j) => h('a', { href: `#/judges/${encodeURIComponent(j.judge)}` }, j.judge), sort: (j) => j.judge, isName: true },
      { title: 'State', show: (j) => stateOf(j, shown), sort: (j) => stateOf(j, shown).textContent },
      { title: 'Replies', show: (j) => count(repliesOf(j).all), sort: (j) => repliesOf(j).all, isNumber: true, hint: 'Judgments asked for: of routed answers, of requests at this silo, and of the rows that were read of the last sweeps' },
      { title: 'No score', show: (j) => percent(repliesOf(j).unscored), sort: (j) => repliesOf(j).unscored, isNumber: true },
      { title: 'Unreadable', show: (j) => h('span', { class: (repliesOf(j).unreadable ?? 0) > 0.05 ? 'warn' : null }, percent(repliesOf(j).unreadable)), sort: (j) => repliesOf(j).unreadable, isNumber: true, hint: 'Replies that could not be read, were off the scale, cut off, or refused' },
      { title: 'Flips', show: (j) => (flipsOf(j).compared ? percent(flipsOf(j).share) : '–'), sort: (j) => flipsOf(j).share, isNumber: true, hint: 'Comparisons whose verdict turns with the order of the answers' },
      { title: 'With the others', show: (j) => fixed(j.routed?.with_others, 2), sort: (j) => j.routed?.with_others, isNumber: true, hint: 'Correlation with the mean of the other judges, over routed answers' },
      { title: 'Cost', show: (j) => money(costOf(j).usd), sort: (j) => costOf(j).usd, isNumber: true, hint: 'Since the store began' },
      { title: 'Do', show: (j) => buttonOf(j.judge, shown, look) },
    ],
    key: (j) => j.judge,
    pageSize: 25,
    sort: { column: 0, isDown: false },
  });

  async function look() {
    const report = await get('/v1/judges/report', { signal });
    const text = JSON.stringify(report);
    if (text === before) return;
    before = text;
    shown = report;
    fill(waiting, report.waiting.map((/** @type {any} */ w) => h('p.note', null, `Deployment ${w.deployment} waits: ${w.reason}, since ${time(w.since)}${w.next_try ? `; it is tried again in ${duration(Math.max(0, (Date.parse(w.next_try) - Date.now()) / 1000))}` : ''}. Its judges wait with it.`)));
    if (report.judges.length === 0) {
      fill(place, empty('No judge has been asked anything yet.', 'Judges appear here with their first request, sweep or routed answer. What can be asked stands in the configuration; ', h('code', null, 'orchestrate judge list'), ' lists it.'), h('div.stack', null, probesCard(report)));
      return;
    }
    judges.update(report.judges);
    agreement.update(report);
    fill(probes, probesCard(report));
    fill(drift, report.drift.length
      ? h('ul.plain', null, report.drift.map((/** @type {any} */ d) => h('li', null, h(`span.chip.${d.is_worse ? 'bad' : 'good'}`, null, d.is_worse ? 'for the worse' : 'for the better'), ' ', d.what, h('span.dim', null, ` Noticed ${time(d.noticed_at)}.`))))
      : h('p.dim', null, report.is_routed ? 'No judge of routed answers has drifted. Unreadable replies, and the level and spread of scores are watched; a judge needs about 500 judged answers before anything can be said.' : 'Judges are watched for drift over routed answers, and no judge set judges them here.'));
    if (!judges.element.isConnected) {
      fill(place, h('div.stack', null,
        h('section.card', { 'aria-label': 'Judges' }, judges.element, h('p.dim.small', null, 'Of the last 20,000 judged answers of the router, of requests at this silo since its start, and of the rows that were read of the last five sweeps. Nothing that has no score is ever counted as 0.')),
        h('section.card', { 'aria-label': 'Drift' }, h('h2', null, 'Drift'), drift),
        agreement.element,
        probes));
    }
  }

  poll(look, { every: 5000, signal, onError: (error) => { if (!judges.element.isConnected) fill(place, failed(error, () => look().catch((e) => fill(place, failed(e))))); } });
}
