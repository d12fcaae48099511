// What is going on: silos, deployments, sweeps, routed traffic, and what somebody should look at.

import { get } from '../lib/api.js';
import { bars, chart, gauge } from '../lib/charts.js';
import { fill, h, setText } from '../lib/dom.js';
import { ago, count, duration, money, percent, plural, short, time } from '../lib/format.js';
import { announce } from '../lib/live.js';
import { poll } from '../lib/poll.js';
import { session } from '../lib/session.js';
import { failed, loading } from '../lib/states.js';
import { facts, table } from '../lib/table.js';
import { progressWord, stateChip, sweepPath } from './sweeps/words.js';

const pace = 3000;

/** Where an alarm is looked into. @type {Record<string, (subject: string) => string>} */
const places = { sweep: (id) => sweepPath(id), drift: () => '#/router', quarantine: () => '#/router', ledger: () => '#/router' };

/** @type {{show: (view: import('../main.js').View) => void}} */
export default {
  show({ root, signal }) {
    const alarms = h('section.card', { 'aria-labelledby': 'alarms' });
    const silos = h('section.card', { 'aria-labelledby': 'silos' });
    const deployments = h('section.card.wide', { 'aria-labelledby': 'deployments' });
    const sweeps = h('section.card', { 'aria-labelledby': 'sweeps' });
    const traffic = h('section.card', { 'aria-labelledby': 'traffic' });
    const at = h('span.dim', null);
    const place = h('div', null, loading());
    fill(root, h('div.head', null, h('h1', null, 'Overview'), at), place);
    let isDrawn = false;
    let known = '';
    /** @type {any} */
    let before = null;

    poll(async () => {
      const now = await get('/v1/overview', { signal });
      if (!isDrawn) fill(place, h('div.stack', null, h('div.cards', null, alarms, silos), deployments, h('div.cards', null, sweeps, traffic)));
      isDrawn = true;
      setText(at, `as of ${new Date(now.at).toTimeString().slice(0, 8)}`);
      drawAlarms(now.alarms);
      drawSilos(now.silos, now.at);
      drawDeployments(now.deployments, now.looked_back_seconds);
      drawSweeps(now.sweeps);
      drawTraffic(now.traffic);
      before = now;
    }, { every: pace, signal, onError: (error) => !isDrawn && fill(place, failed(error)) });

    function drawAlarms(/** @type {any[]} */ list) {
      const text = list.map((a) => `${a.subject} ${a.text}`).join('\n');
      if (alarms.firstChild && text === known) return;
      if (alarms.firstChild && text.length > known.length) announce(`${plural(list.length, 'alarm')}: ${list[0].subject}, ${list[0].text}`);
      known = text;
      fill(alarms, h('h2', { id: 'alarms' }, 'Alarms'), list.length
        ? h('ul.alarms', null, list.map((a) => h('li', null, h(`span.chip.${a.severity}`, null, a.kind), ' ', places[a.kind] ? h('a', { href: places[a.kind](a.subject) }, a.subject) : h('b', null, a.subject), ` ${a.text}`, a.since ? h('span.dim', null, `, since ${ago(a.since).replace(' ago', '')}`) : null)))
        : h('p.good', null, '✓ Nothing needs looking at.'));
    }

    /** @type {ReturnType<typeof table<any>> | null} */
    let siloTable = null;

    function drawSilos(/** @type {any[]} */ list, /** @type {string} */ at) {
      // A gateway does not tell its rate: it is the difference of two looks.
      const seconds = before ? (new Date(at).getTime() - new Date(before.at).getTime()) / 1000 : 0;
      const rows = list.map((s) => {
        const was = before?.silos.find((/** @type {any} */ b) => b.silo === s.silo);
        const rate = s.judgments_per_second || (was && seconds > 0 ? Math.max(0, (s.judgments - was.judgments) / seconds) : 0);
        return { ...s, rate };
      });
      if (siloTable) {
        siloTable.update(rows);
        return;
      }
      siloTable = table({
        caption: 'Silos', rows, pageSize: 10, key: (s) => s.silo, columns: [
          { title: 'Silo', isName: true, show: (s) => [s.silo, s.silo === session.me?.silo ? h('span.dim', null, ' this one') : null].flatMap((x) => x ?? []).reduce((all, x) => { all.append(x); return all; }, h('span', null)), sort: (s) => s.silo },
          { title: 'State', show: (s) => h(`span.chip.${s.is_alive ? (s.silent_seconds > 15 ? 'bad' : 'good') : 'warn'}`, null, s.is_alive ? (s.silent_seconds > 15 ? `silent for ${duration(s.silent_seconds)}` : 'alive') : `ended ${duration(s.silent_seconds)} ago`), sort: (s) => (s.is_alive ? 0 : 1) },
          { title: 'Role', show: (s) => s.role, sort: (s) => s.role },
          { title: 'On', show: (s) => h('span', { title: `process ${s.process}, version ${s.version}, since ${time(s.started_at)}` }, s.host) },
          { title: 'Shards', isNumber: true, show: (s) => count(s.shards), sort: (s) => s.shards },
          { title: 'Judgments/s', isNumber: true, show: (s) => short(s.rate), sort: (s) => s.rate },
          { title: 'Calls', isNumber: true, show: (s) => count(s.calls), sort: (s) => s.calls },
        ],
      });
      fill(silos, h('h2', { id: 'silos' }, 'Silos'), siloTable.element);
    }

    /** @type {ReturnType<typeof table<any>> | null} */
    let deploymentTable = null;
    const basis = h('p.dim', null);

    function drawDeployments(/** @type {any[]} */ list, /** @type {number} */ seconds) {
      setText(basis, seconds ? `Per hour: at the pace of the last ${duration(seconds)}, all silos together. Quota: granted in the last 60 s.` : 'Costs per hour are known half a minute after the silo starts.');
      if (deploymentTable) {
        deploymentTable.update(list);
        return;
      }
      const used = (/** @type {number} */ n, /** @type {number | null} */ limit, /** @type {string} */ what) => (limit === null ? `${short(n)} of no limit` : h('span.quota', null, gauge(n / limit, `${what} a minute in use`), h('span', null, `${short(n)} of ${short(limit)}`)));
      deploymentTable = table({
        caption: 'Deployments', rows: list, pageSize: 15, key: (d) => d.name, empty: 'The configuration names no deployment.', columns: [
          { title: 'Deployment', isName: true, show: (d) => d.name, sort: (d) => d.name },
          { title: 'Model', show: (d) => `${d.model}${d.endpoints > 1 ? `, ${d.endpoints} endpoints` : ''}`, sort: (d) => d.model },
          { title: 'State', show: (d) => (d.waiting ? h('span.chip.bad', { title: d.waiting.reason }, 'waits') : h('span.chip.good', null, 'ready')), sort: (d) => (d.waiting ? 0 : 1) },
          { title: 'Requests a minute', show: (d) => used(d.requests_used, d.requests_per_minute, 'requests'), sort: (d) => d.requests_used },
          { title: 'Tokens a minute', show: (d) => used(d.tokens_used, d.tokens_per_minute, 'tokens'), sort: (d) => d.tokens_used },
          { title: 'Calls/h', isNumber: true, show: (d) => short(d.calls_per_hour), sort: (d) => d.calls_per_hour },
          { title: 'Cost/h', isNumber: true, show: (d) => money(d.usd_per_hour), sort: (d) => d.usd_per_hour },
          { title: 'Spent', isNumber: true, show: (d) => money(d.spent_usd), sort: (d) => d.spent_usd },
        ],
      });
      fill(deployments, h('h2', { id: 'deployments' }, 'Deployments'), deploymentTable.element, basis);
    }

    function drawSweeps(/** @type {any[]} */ list) {
      if (sweeps.contains(document.activeElement)) return;
      fill(sweeps, h('h2', { id: 'sweeps' }, 'Sweeps'), list.length ? h('ul.list', null, list.map((s) => h('li', null,
        h('div.row', null, session.has('judge', 'read') ? h('a', { href: sweepPath(s.id) }, s.id) : h('b', null, s.id), stateChip(s.state), h('span.dim', null, `${progressWord(s.progress)} of ${count(s.rows)} rows, ${money(s.totals.cost_usd)}${s.money?.cap_usd != null ? ` of ${money(s.money.cap_usd)}` : ''}`)),
        s.state === 'completed' ? null : h('progress', { max: '1', value: s.progress?.rows ? s.progress.rows_done / s.progress.rows : 0, 'aria-label': `Rows done of ${s.id}` }))))
        : h('p.dim', null, 'No sweep yet.'));
    }

    /** @type {ReturnType<typeof chart> | null} */
    let plot = null;

    function drawTraffic(/** @type {any} */ t) {
      if (!t) {
        plot = null;
        fill(traffic, h('h2', { id: 'traffic' }, 'Routed traffic'), h('p.dim', null, 'The configuration names no experts, so nothing is routed.'));
        return;
      }
      const series = [{ label: 'routed', x: t.points.map((/** @type {any} */ p) => new Date(p.at).getTime()), y: t.points.map((/** @type {any} */ p) => p.routes_per_minute) },
        { label: 'failed', colour: 'bad', x: t.points.map((/** @type {any} */ p) => new Date(p.at).getTime()), y: t.points.map((/** @type {any} */ p) => p.failed_per_minute) }];
      const figures = h('div', null, facts(['Routed today', count(t.routes_today)], ['Without an answer', `${count(t.failed_today)}${t.routes_today ? ` (${percent(t.failed_today / t.routes_today, 2)})` : ''}`], ['Cost today', money(t.usd_today)]),
        t.experts.length ? bars(t.experts.slice(0, 6).map((/** @type {any} */ e) => ({ name: e.expert, value: e.share, text: percent(e.share) })), 'Share by expert, today') : null);
      if (plot && traffic.contains(plot.element)) {
        plot.update(series);
        traffic.children[1].replaceWith(figures);
        return;
      }
      if (!t.points.some((/** @type {any} */ p) => p.routes_per_minute || p.failed_per_minute)) {
        plot = null;
        fill(traffic, h('h2', { id: 'traffic' }, 'Routed traffic'), figures, h('p.dim', null, 'Nothing was routed in the last hour.'));
        return;
      }
      plot = chart({ title: 'Routed per minute, over the last hour', xLabel: 'time', yLabel: 'per minute', isTime: true, height: 140, yRange: [0, null], series });
      fill(traffic, h('h2', { id: 'traffic' }, 'Routed traffic'), figures, plot.element);
    }
  },
};
