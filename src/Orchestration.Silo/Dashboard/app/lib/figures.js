// Figures with their intervals, versions by the first digits of their ids, and who changed what.

import { get } from './api.js';
import { h } from './dom.js';
import { brief, fixed, time } from './format.js';
import { session } from './session.js';
import { table } from './table.js';

/** @typedef {{value: number, lower: number | null, upper: number | null}} Figure A figure with its 95% interval. */

/** A figure and its interval: 0.712 (0.690 to 0.733). */
export const figure = (/** @type {Figure | null | undefined} */ f, digits = 3) => (f ? `${fixed(f.value, digits)}${f.lower === null || f.upper === null ? '' : ` (${fixed(f.lower, digits)} to ${fixed(f.upper, digits)})`}` : '–');

/** So many digits that differences of such a size are seen. */
export function digitsFor(/** @type {number[]} */ values) {
  const most = Math.max(0, ...values.filter(Number.isFinite).map(Math.abs));
  return most === 0 ? 3 : Math.min(8, Math.max(2, 2 - Math.floor(Math.log10(most))));
}

/** A version's id as people read it, with the whole of it as a title. */
export const versionCode = (/** @type {string | null | undefined} */ id) => (id ? h('code', { title: id }, brief(id)) : h('span.dim', null, 'none'));

/** What a change is called. @type {Record<string, string>} */
const actions = {
  'aggregator.activate': 'activated',
  'aggregator.refuse': 'refused to activate',
  'aggregator.rollback': 'rolled back',
  'aggregator.shadow': 'changed the shadow of',
  'aggregator.canary': 'changed the canary of',
  'router.quarantine': 'quarantined',
  'router.release': 'released',
  'route.forget': 'deleted the route',
};

/** @typedef {{number: number, at: string, by: string, action: string, subject: string, before: string | null, after: string | null}} AuditEntry */

/** An entry in a sentence. */
export const auditSentence = (/** @type {AuditEntry} */ entry) => `${time(entry.at, true)}: ${entry.by} ${actions[entry.action] ?? entry.action} ${entry.subject}${entry.before ? `; before: ${entry.before}` : ''}${entry.after ? `; after: ${entry.after}` : ''}`;

/**
 * What the audit log has of something, newest first; null where the key may not read it.
 * @param {string} subject
 * @param {AbortSignal} signal
 * @returns {Promise<AuditEntry[] | null>}
 */
export async function auditOf(subject, signal, limit = 20) {
  if (!session.has('read')) return null;
  return (await get('/v1/audit', { query: { subject, limit }, signal })).entries;
}

/** Where the audit log is shown. @param {string} subject */
export function auditCard(subject) {
  const rows = table({
    caption: `Audit log of ${subject}`,
    columns: [
      { title: 'When', show: (/** @type {AuditEntry} */ e) => h('span.nowrap', null, time(e.at, true)) },
      { title: 'Who', show: (e) => e.by },
      { title: 'What', show: (e) => h('code', null, e.action), isName: true },
      { title: 'Before', show: (e) => e.before ?? '–', isLong: true },
      { title: 'After', show: (e) => e.after ?? '–', isLong: true },
    ],
    pageSize: 8,
    empty: 'Nobody has changed anything yet.',
  });
  const lacks = session.lacks('read');
  const element = h('section.card', { 'aria-label': 'Audit log' }, h('h2', null, 'Audit log'), lacks ? h('p.dim', null, lacks) : rows.element);
  return { element, update: (/** @type {AuditEntry[] | null} */ entries) => { if (entries) rows.update(entries); } };
}

/** A message that something was done, with the audit log's entry for it. */
export function doneNote(/** @type {string} */ text, /** @type {AuditEntry | null | undefined} */ entry) {
  return h('div.done', { role: 'status' }, h('strong', null, text), h('span', null, entry ? `Recorded: ${auditSentence(entry)}.` : 'It stands in the audit log.'));
}
