// The router as a whole: experts, the frontier, what was decided lately, what people rated.

import { get } from '../../lib/api.js';
import { gauge } from '../../lib/charts.js';
import { button } from '../../lib/dialog.js';
import { fill, h } from '../../lib/dom.js';
import { figure } from '../../lib/figures.js';
import { count, duration, fixed, money, percent, time } from '../../lib/format.js';
import { poll } from '../../lib/poll.js';
import { session } from '../../lib/session.js';
import { empty, failed, loading } from '../../lib/states.js';
import { facts, table } from '../../lib/table.js';
import { hold } from '../judges/hold.js';
import { frontierCard } from './frontier.js';
import { routesCard } from './routes.js';

/** @param {import('../../main.js').View} view */
export async function showRouter(view) {
  const { root, signal, query } = view;
  const days = h('select', { 'aria-label': 'Totals of', on: { change: () => { before = ''; look().catch(() => {}); } } }, [[1, 'today'], [7, '7 days'], [30, '30 days']].map(([value, text]) => h('option', { value }, text)));
  days.value = ['1', '7', '30'].includes(query.get('days') ?? '') ? query.get('days') : '7';
  const place = h('div', null, loading());
  const totals = h('div', null);
  const drift = h('div', null);
  const people = h('div', null);
  const writers = h('div', null);
  const frontier = frontierCard();
  const routes = routesCard(view);
  /** @type {any} */
  let shown = null;
  let before = '';
  /** Routes that the totals counted when the list was last drawn. */
  let followed = -1;
  fill(root, h('div.head', null, h('h1', null, 'Router'), days), place);

  const heldOf = (/** @type {string} */ name) => shown.quarantine.held.find((/** @type {any} */ q) => q.kind === 'expert' && q.name === name) ?? null;
  const lacks = session.lacks('operate');
  const experts = table({
    caption: 'All experts',
    columns: [
      { title: 'Expert', show: (/** @type {any} */ e) => e.name, sort: (e) => e.name, isName: true },
      { title: 'State', show: (e) => h('span.row.tight', null, chipsOf(e)) },
      { title: 'Share', show: (e) => h('span.share', null, gauge(e.share, `Share of ${e.name}`), h('span', null, percent(e.share))), sort: (e) => e.share, isNumber: true, hint: 'Of the routes of these days' },
      { title: 'Quality, corrected', show: (e) => (e.quality?.corrected ? h('span', null, figure(e.quality.corrected)) : h('span.dim.wrapped', null, e.quality?.not_corrected ?? 'none of its answers was judged')), sort: (e) => e.quality?.corrected?.value, isNumber: true, hint: 'Judged quality, 0–1, had it answered everything that it could have answered: doubly robust, 95%' },
      { title: 'Of what it was sent', show: (e) => h('span.dim', null, figure(e.quality?.of_what_it_was_sent)), sort: (e) => e.quality?.of_what_it_was_sent?.value, isNumber: true, hint: 'No measure of which expert is better: others were sent other prompts' },
      { title: 'Judged', show: (e) => count(e.quality?.judged), sort: (e) => e.quality?.judged, isNumber: true },
      { title: 'People', show: (e) => (e.rating ? `${fixed(e.rating.figure, 2)} by ${e.rating.sources}` : '–'), sort: (e) => e.rating?.figure, isNumber: true, hint: 'What ratings come to, 0–1, beside a prior of 0.5' },
      { title: 'Failed', show: (e) => count(e.total?.failed ?? 0), sort: (e) => e.total?.failed ?? 0, isNumber: true },
      { title: 'At random', show: (e) => count(e.total?.explored ?? 0), sort: (e) => e.total?.explored ?? 0, isNumber: true, hint: 'Of its routes drawn at random, to learn' },
      { title: 'Time', show: (e) => duration(e.total?.mean_latency_seconds), sort: (e) => e.total?.mean_latency_seconds, isNumber: true },
      { title: 'Cost', show: (e) => money(e.total?.cost_usd ?? 0), sort: (e) => e.total?.cost_usd ?? 0, isNumber: true },
      { title: 'Do', show: (e) => button(heldOf(e.name) ? 'Release…' : 'Quarantine…', { reason: lacks ?? (e.isKnown || heldOf(e.name) ? null : 'The configuration names it no more.'), label: `${heldOf(e.name) ? 'Release' : 'Quarantine'} ${e.name}`, on: () => hold('expert', e.name, heldOf(e.name), look) }) },
    ],
    key: (e) => e.name,
    pageSize: 20,
  });

  function chipsOf(/** @type {any} */ e) {
    const held = heldOf(e.name);
    const drifts = shown.drift.filter((/** @type {any} */ d) => d.kind === 'expert' && d.name === e.name);
    return [
      held ? h('span.chip.bad', { title: held.reason }, 'quarantined') : null,
      shown.default_expert === e.name ? h('span.chip.accent', null, 'default') : null,
      drifts.length ? h(`span.chip.${drifts.some((/** @type {any} */ d) => d.is_worse) ? 'warn' : 'good'}`, { title: drifts[0].what }, 'drifted') : null,
      e.isKnown ? null : h('span.chip', null, 'not configured'),
      !held && !drifts.length && e.isKnown ? h('span.chip.good', null, 'on offer') : null,
    ];
  }

  async function look() {
    const router = await get('/v1/router', { query: { days: days.value }, signal });
    const text = JSON.stringify(router);
    if (text === before) return;
    before = text;
    shown = router;
    if (router.experts.length === 0 && router.totals.length === 0) {
      fill(place, empty('No experts are configured.', 'With experts and a router in ', h('code', null, 'orchestration.yaml'), ' this silo answers ', h('code', null, '/v1/chat/completions'), ' with the expert that its policy picks, and shows here who answered what, how well, and why.'));
      return;
    }
    draw();
  }

  function draw() {
    const routesOf = shown.totals.reduce((/** @type {number} */ all, /** @type {any} */ t) => all + t.routes, 0);
    const names = [...new Set([...shown.experts, ...shown.totals.map((/** @type {any} */ t) => t.expert), ...shown.quality.map((/** @type {any} */ q) => q.expert)])];
    const rows = names.map((name) => {
      const total = shown.totals.find((/** @type {any} */ t) => t.expert === name);
      return {
        name, total, isKnown: shown.experts.includes(name), share: routesOf ? (total?.routes ?? 0) / routesOf : null,
        quality: shown.quality.find((/** @type {any} */ q) => q.expert === name), rating: shown.ratings.find((/** @type {any} */ r) => r.expert === name && r.ratings > 0),
      };
    });
    const sum = (/** @type {string} */ field) => shown.totals.reduce((/** @type {number} */ all, /** @type {any} */ t) => all + t[field], 0);
    fill(totals, facts(
      ['Routes', count(routesOf)], ['Without an answer', `${count(sum('failed'))}${routesOf ? ` (${percent(sum('failed') / routesOf)})` : ''}`], ['Drawn at random', count(sum('explored'))],
      ['Cost', `${money(sum('cost_usd'))}${sum('unknown_usd') ? `, ${money(sum('unknown_usd'))} unknown` : ''}`], ['Per route', routesOf ? money(sum('cost_usd') / routesOf) : '–'],
      ['Policies', shown.policies.length ? shown.policies.join(', ') : 'none: the default expert answers']));
    experts.update(rows);
    frontier.update(shown, rows);
    routes.names(names, shown.policies);
    fill(drift, driftOf(shown));
    fill(people, peopleOf(shown));
    fill(writers, writersOf(shown));
    if (followed !== routesOf) {
      followed = routesOf;
      if (totals.isConnected) routes.follow();
    }
    if (!totals.isConnected) {
      fill(place, h('div.stack', null,
        h('section.card', { 'aria-label': 'Totals' }, totals),
        h('section.card', { 'aria-label': 'Experts' }, h('h2', null, 'Experts'), experts.element),
        frontier.element,
        routes.element,
        h('div.cards', null, h('section.card', { 'aria-label': 'Ratings by people' }, h('h2', null, 'Ratings by people'), people), h('section.card', { 'aria-label': 'Drift and quarantine' }, h('h2', null, 'Drift and quarantine'), drift)),
        writers));
      routes.begin();
    }
  }

  poll(look, { every: 5000, signal, onError: (error) => { if (!totals.isConnected) fill(place, failed(error, () => look().catch((e) => fill(place, failed(e))))); } });
}

/** @param {any} router */
function driftOf(router) {
  const held = router.quarantine.held;
  const drifts = router.drift;
  return [
    held.length ? h('ul.plain', null, held.map((/** @type {any} */ q) => h('li', null, h('span.chip.bad', null, `${q.kind} ${q.name}`), ` in quarantine since ${time(q.at)} by ${q.by}: ${q.reason}`))) : h('p.dim', null, 'Nobody is in quarantine.'),
    drifts.length ? h('ul.plain', null, drifts.map((/** @type {any} */ d) => h('li', null, h(`span.chip.${d.is_worse ? 'warn' : 'good'}`, null, d.is_worse ? 'worse' : 'better'), ` ${d.what}`))) : h('p.dim', null, 'No drift has been noticed: judged quality, failures and the judges are watched.'),
  ];
}

/** @param {any} router */
function peopleOf(router) {
  if (router.sources.length === 0) return h('p.dim', null, 'Nobody has rated an answer yet. Applications send ratings to /v1/feedback.');
  const all = router.sources.reduce((/** @type {number} */ n, /** @type {any} */ s) => n + s.ratings, 0);
  const held = router.sources.filter((/** @type {any} */ s) => s.held_back);
  return [
    facts(['Ratings', count(all)], ['Held back', `${count(held.reduce((/** @type {number} */ n, /** @type {any} */ s) => n + s.ratings, 0))} of ${held.length} ${held.length === 1 ? 'source' : 'sources'}`]),
    table({
      caption: 'Those who rate',
      columns: [
        { title: 'Source', show: (/** @type {any} */ s) => s.source, isName: true, sort: (s) => s.source },
        { title: 'Ratings', show: (s) => count(s.ratings), sort: (s) => s.ratings, isNumber: true },
        { title: 'Counts', show: (s) => (s.held_back ? h('span', null, h('span.chip.warn', null, 'held back'), ` ${s.held_back}`) : h('span.chip.good', null, 'yes')), isLong: true },
      ],
      rows: router.sources,
      sort: { column: 1, isDown: true },
      pageSize: 8,
    }).element,
    h('p.dim.small', null, 'Shown beside what judges say; ratings do not move the router. One source can move a figure by 0.2 at most.'),
  ];
}

/** @param {any} router */
function writersOf(router) {
  const dropped = router.writers.reduce((/** @type {number} */ n, /** @type {any} */ w) => n + w.dropped, 0);
  return dropped ? h('p.note', null, `${count(dropped)} routes were not written: a queue was full. They were answered, and stand in no figure here.`) : null;
}
