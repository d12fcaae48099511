// Bias probes: how far judges are moved by what should not move them, as the last probes of `orchestrate meta bias` found it.

import { h } from '../../lib/dom.js';
import { figure } from '../../lib/figures.js';
import { count, fixed, time } from '../../lib/format.js';
import { table } from '../../lib/table.js';

/**
 * A card with what probes said.
 * @param {any} report @param {string | null} judge One judge's lines; null for all.
 */
export function probesCard(report, judge = null) {
  const lines = report.probes.filter((/** @type {any} */ l) => judge === null || l.judge === judge);
  const shown = lines.length ? [
    h('p.dim', null, 'How far a judge is moved by what should not matter, against a control without it: in shares of its scale (sd: in standard deviations of its scores), 0 where it is not moved. Sure: also after correction for how many were looked at.'),
    table({
      caption: 'Bias probes',
      columns: [
        ...(judge === null ? [{ title: 'Judge', show: (/** @type {any} */ l) => h('a', { href: `#/judges/${encodeURIComponent(l.judge)}` }, l.judge), sort: (/** @type {any} */ l) => l.judge, isName: true }] : []),
        { title: 'Moved by', show: (l) => h('span', { title: `against ${l.against}` }, l.bias), sort: (l) => l.bias, isName: judge !== null },
        { title: 'Shift', show: (l) => `${figure(l.shift)}${l.shift && l.unit === 'deviations' ? ' sd' : ''}`, sort: (l) => Math.abs(l.shift?.value ?? -1), isNumber: true, hint: 'With its 95% interval by prompt' },
        { title: 'Surely', show: (l) => (l.sure ? h('span.chip.warn', { title: `corrected p ${fixed(l.p_corrected, 4)}` }, 'yes') : h('span.dim', null, 'no')), sort: (l) => (l.sure ? 0 : 1) },
        { title: 'Helps', show: (l) => (l.helps.length ? l.helps.join(', ') : '–'), isLong: true, hint: 'What surely takes some of it away' },
        { title: 'Rows', show: (l) => `${count(l.rows)}${l.unscored ? `, ${count(l.unscored)} without` : ''}`, sort: (l) => l.rows, isNumber: true, hint: 'And those that have no judgment, which are no part of the figures' },
        { title: 'Probed', show: (l) => time(l.at), sort: (l) => l.at },
      ],
      rows: lines, pageSize: 20, key: (l) => `${l.judge}/${l.bias}/${l.against}`,
    }).element,
  ] : [h('p', null, 'Whether a judge is moved by what should not matter (length, position, names, authority, its own family) is not seen in passing: it takes pairs in which nothing else differs. Probes ask the judges, with money; what they find is kept and shown here.')];
  return h('section.card', { 'aria-label': 'Bias probes' }, h('h2', null, 'Bias probes'), ...shown,
    h('p.dim.small', null, 'From the command line, with this store: ', h('code', null, `orchestrate meta bias --data FILE --judges ${judge ?? 'JUDGES'} --max-cost USD`)));
}
