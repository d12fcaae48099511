// What is said of a judge, over all that is known of it.

import { h } from '../../lib/dom.js';

/** @param {any} judge @returns {any[]} */
export const sourcesOf = (judge) => [judge.routed, judge.requests, judge.swept].filter(Boolean);

const sum = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0);

/** Judgments of all kinds, and the shares without a score. @param {any} judge */
export function repliesOf(judge) {
  const sources = sourcesOf(judge);
  const scored = sum(sources.map((s) => s.scored));
  const without = sum(sources.flatMap((s) => Object.values(s.unscored)));
  const all = scored + without;
  return { all, unscored: all ? without / all : null, unreadable: all ? sum(sources.map((s) => s.unreadable)) / all : null };
}

/** Comparisons, and the share whose verdict turns with the order. @param {any} judge */
export function flipsOf(judge) {
  const sources = [judge.requests, judge.swept].filter(Boolean);
  const compared = sum(sources.map((s) => s.compared));
  return { compared, share: compared ? sum(sources.map((s) => s.flipped)) / compared : null };
}

/** What it cost. @param {any} judge */
export const costOf = (judge) => ({ usd: judge.cost.length ? sum(judge.cost.map((/** @type {any} */ c) => c.settled_usd)) : null, unknown: sum(judge.cost.map((/** @type {any} */ c) => c.unknown_usd)), calls: sum(judge.cost.map((/** @type {any} */ c) => c.calls)) });

/** Its state as chips. @param {any} judge @param {any} report */
export function stateOf(judge, report) {
  const held = report.held.find((/** @type {any} */ q) => q.name === judge.judge);
  const drifts = report.drift.filter((/** @type {any} */ d) => d.name === judge.judge);
  const { all } = repliesOf(judge);
  return h('span.row.tight', null,
    held ? h('span.chip.bad', { title: held.reason }, 'quarantined') : null,
    drifts.length ? h(`span.chip.${drifts.some((/** @type {any} */ d) => d.is_worse) ? 'warn' : 'good'}`, { title: drifts[0].what }, 'drifted') : null,
    !held && !drifts.length ? (all ? h('span.chip.good', null, 'well') : h('span.chip', null, 'nothing said')) : null);
}
