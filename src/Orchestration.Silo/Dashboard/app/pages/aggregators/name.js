// One aggregator: what counts now, its versions, what runs beside the active one, and what was done.

import { get } from '../../lib/api.js';
import { allow, button } from '../../lib/dialog.js';
import { crumbs, fill, h } from '../../lib/dom.js';
import { auditCard, auditOf, doneNote, versionCode } from '../../lib/figures.js';
import { brief, count, fixed, percent, time } from '../../lib/format.js';
import { poll } from '../../lib/poll.js';
import { session } from '../../lib/session.js';
import { failed, loading } from '../../lib/states.js';
import { facts, table } from '../../lib/table.js';
import { activate, canary, end, rollBack, shadow } from './actions.js';

const most = 4;

/** @type {Record<string, string>} */
const outcomes = { accepted: 'good', refused: 'bad', forced: 'warn', rolled_back: 'warn' };

/** @param {import('../../main.js').View} view @param {string} name */
export async function showName({ root, signal, title }, name) {
  title(name);
  const chosen = new Set();
  /** @type {any} */
  let shown = null;
  let before = '';
  const lacks = session.lacks('operate');
  const place = h('div', null, loading());
  const done = h('div', null);
  const now = h('div', null);
  const beside = h('div', null);
  const audit = auditCard(name);
  const compare = button('Compare', { reason: null, on: () => { location.hash = `#/aggregators/${encodeURIComponent(name)}/compare/${[...chosen].map((id) => brief(id)).join(',')}`; } });

  const versions = table({
    caption: `Versions of ${name}`,
    columns: [
      { title: 'Compare', show: (/** @type {any} */ v) => h('input', { type: 'checkbox', 'aria-label': `Compare ${brief(v.id)}`, checked: chosen.has(v.id), on: { change: (/** @type {any} */ e) => choose(v.id, e.target.checked) } }) },
      { title: 'Version', show: (v) => h('a', { href: `#/aggregators/${encodeURIComponent(name)}/compare/${brief(v.id)}` }, versionCode(v.id)), isName: true },
      { title: 'Is', show: (v) => h('span.row', null, roleOf(v.id)) },
      { title: 'Model', show: (v) => v.model, sort: (v) => v.model },
      { title: 'Added', show: (v) => time(v.added_at), sort: (v) => v.added_at },
      { title: 'Do', show: (v) => h('span.row.tight', null,
        button('Activate…', { reason: lacks ?? (shown.setting.active === v.id ? 'It is active.' : null), label: `Activate ${brief(v.id)}`, on: () => act(() => activate(shown.setting, v.id), `${brief(v.id)} is active.`) }),
        button('Shadow…', { reason: lacks ?? lackOf(v.id, 'shadow'), label: `Shadow ${brief(v.id)}`, on: () => act(() => shadow(shown.setting, v.id), `${brief(v.id)} runs as the shadow.`) }),
        button('Canary…', { reason: lacks ?? lackOf(v.id, 'canary'), label: `Canary ${brief(v.id)}`, on: () => act(() => canary(shown.setting, v.id), `${brief(v.id)} runs as the canary.`) })) },
    ],
    key: (v) => v.id,
    pageSize: 12,
  });
  const attempts = table({
    caption: 'Attempts to activate',
    columns: [
      { title: 'When', show: (/** @type {any} */ a) => time(a.at, true) },
      { title: 'Version', show: (a) => versionCode(a.version), isName: true },
      { title: 'Outcome', show: (a) => h(`span.chip.${outcomes[a.outcome] ?? 'warn'}`, null, a.outcome.replace('_', ' ')) },
      { title: 'Instead of', show: (a) => versionCode(a.previous) },
      { title: 'Why', show: (a) => a.reason, isLong: true },
      { title: 'Who', show: (a) => a.by ?? '–' },
    ],
    pageSize: 6,
    empty: 'Nobody has tried to activate a version yet.',
  });
  const back = button('Roll back…', { kind: 'danger', reason: lacks, on: () => act(() => rollBack(shown.setting), `${name} is rolled back.`) });

  fill(root, crumbs(['Aggregators', '#/aggregators']), h('div.head', null, h('h1', null, name), h('div.row', null, back)), done, place);

  function roleOf(/** @type {string} */ id) {
    const { setting } = shown;
    return [
      setting.active === id ? h('span.chip.good', null, 'active') : null,
      setting.shadow === id ? h('span.chip.accent', null, 'shadow') : null,
      setting.canary === id ? h('span.chip.accent', null, `canary ${percent(setting.canary_share)}`) : null,
      setting.earlier.length && setting.earlier[setting.earlier.length - 1] === id ? h('span.chip', { title: 'A rollback makes it active again.' }, 'before') : null,
    ];
  }

  function lackOf(/** @type {string} */ id, /** @type {'shadow' | 'canary'} */ what) {
    if (!shown.setting.active) return 'No version is active, so there is nothing to run beside. Activate one first.';
    if (shown.setting.active === id) return 'It is active: it cannot run beside itself.';
    return what === 'shadow' && shown.setting.shadow === id ? 'It is the shadow.' : null;
  }

  function choose(/** @type {string} */ id, /** @type {boolean} */ is) {
    if (is) chosen.add(id);
    else chosen.delete(id);
    drawCompare();
  }

  function drawCompare() {
    compare.textContent = chosen.size < 2 ? 'Compare' : `Compare ${chosen.size} versions`;
    allow(compare, chosen.size === 0 ? 'Tick one to four versions first.' : chosen.size > most ? `At most ${most} stand side by side.` : null);
  }

  async function act(/** @type {() => Promise<any>} */ question, /** @type {string} */ said) {
    if ((await question()) === null || signal.aborted) return;
    await look();
    const entries = await auditOf(name, signal, 1).catch(() => null);
    const attempt = shown.attempts[0];
    fill(done, doneNote(said, entries?.[0] ?? (attempt ? { number: 0, at: attempt.at, by: attempt.by ?? '?', action: attempt.outcome.replace('_', ' '), subject: name, before: brief(attempt.previous), after: `${brief(attempt.version)}: ${attempt.reason}` } : null)));
    done.scrollIntoView({ block: 'nearest' });
  }

  async function look() {
    const [view, entries] = await Promise.all([get(`/v1/aggregators/${encodeURIComponent(name)}`, { signal }), auditOf(name, signal).catch((error) => { if (signal.aborted) throw error; return null; })]);
    const text = JSON.stringify([view, entries]);
    if (text === before) return;
    before = text;
    shown = view;
    draw(entries);
  }

  function draw(/** @type {any} */ entries) {
    const { setting } = shown;
    const modelOf = (/** @type {string | null} */ id) => shown.versions.find((/** @type {any} */ v) => v.id === id)?.model;
    allow(back, lacks ?? (setting.earlier.length ? null : 'There is nothing to go back to: no other version was active before.'));
    fill(now, facts(
      ['Active', setting.active ? h('span.row', null, versionCode(setting.active), h('span.dim', null, modelOf(setting.active))) : h('span.chip.warn', null, 'none')],
      ['Before it', setting.earlier.length ? versionCode(setting.earlier[setting.earlier.length - 1]) : 'nothing'],
      ['Shadow', setting.shadow ? h('span.row', null, versionCode(setting.shadow), button('End', { reason: lacks, label: 'End the shadow', on: () => act(() => end(shown.setting, 'shadow'), 'The shadow has ended.') })) : 'none'],
      ['Canary', setting.canary ? h('span.row', null, versionCode(setting.canary), ` ${percent(setting.canary_share)} of the pairs`, button('End', { reason: lacks, label: 'End the canary', on: () => act(() => end(shown.setting, 'canary'), 'The canary has ended.') })) : 'none'],
      ['Changes so far', count(setting.epoch)]));
    fill(beside, besideOf(shown));
    versions.update(shown.versions);
    attempts.update(shown.attempts);
    audit.update(entries);
    drawCompare();
    if (!now.isConnected) {
      fill(place, h('div.stack', null,
        h('section.card', { 'aria-label': 'Now' }, now),
        h('section.card', { 'aria-label': 'Versions' }, h('div.head', null, h('h2', null, 'Versions'), compare), versions.element),
        h('section.card', { 'aria-label': 'Beside the active version' }, h('h2', null, 'Beside the active version'), beside),
        h('section.card', { 'aria-label': 'Activations and refusals' }, h('h2', null, 'Activations and refusals'), attempts.element),
        audit.element));
    }
  }

  poll(look, { every: 3000, signal, onError: (error) => { if (!now.isConnected) fill(place, failed(error, () => look().catch((e) => fill(place, failed(e))))); } });
}

/** What shadow and canary showed. @param {any} view */
function besideOf(view) {
  if (view.comparisons.length === 0) {
    return h('p.dim', null, view.setting.shadow || view.setting.canary
      ? 'No row has been scored by both yet. Requests and sweeps with this aggregator bring them.'
      : 'Nothing runs beside it, and nothing did. A shadow or a canary shows on live rows how a version would differ before it counts.');
  }
  const rows = table({
    caption: 'Live comparisons',
    columns: [
      { title: 'Version', show: (/** @type {any} */ c) => versionCode(c.other), isName: true },
      { title: 'Beside', show: (c) => versionCode(c.active) },
      { title: 'Rows', show: (c) => count(c.rows), sort: (c) => c.rows, isNumber: true },
      { title: 'Mean difference', show: (c) => `${c.mean_difference > 0 ? '+' : ''}${fixed(c.mean_difference, 4)}`, isNumber: true, hint: 'Its score less the active version’s' },
      { title: 'Root mean square', show: (c) => fixed(c.root_mean_squared_difference, 4), isNumber: true },
      { title: 'Largest', show: (c) => fixed(c.max_difference, 4), isNumber: true },
      { title: 'Correlation', show: (c) => fixed(c.correlation, 4), isNumber: true },
      { title: 'Scored by one alone', show: (c) => `${count(c.only_active)} active, ${count(c.only_other)} other`, hint: 'Rows that only one of the two could score' },
    ],
    rows: view.comparisons,
  });
  return [h('p.dim', null, 'On live rows that both scored, from all silos and sweeps of this store. It shows how far two versions differ, not which is right: nobody rated these rows.'), rows.element];
}
