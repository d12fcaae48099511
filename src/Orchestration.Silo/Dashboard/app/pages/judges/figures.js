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

// Where a judge is worth a look. The same for all, and no verdict: a judge of something that the others do not see may well go against them.
const [often, against, flips] = [0.05, 0, 0.3];

/** Its state as chips. @param {any} judge @param {any} report */
export function stateOf(judge, report) {
  const held = report.held.find((/** @type {any} */ q) => q.name === judge.judge);
  const drifts = report.drift.filter((/** @type {any} */ d) => d.name === judge.judge);
  const { all, unreadable } = repliesOf(judge);
  const isUnread = (unreadable ?? 0) > often;
  const isAgainst = judge.routed?.with_others !== null && judge.routed?.with_others !== undefined && judge.routed.with_others < against;
  const isFlipping = (flipsOf(judge).share ?? 0) > flips && flipsOf(judge).compared >= 20;
  return h('span.row.tight', null,
    held ? h('span.chip.bad', { title: held.reason }, 'quarantined') : null,
    drifts.length ? h(`span.chip.${drifts.some((/** @type {any} */ d) => d.is_worse) ? 'warn' : 'good'}`, { title: drifts[0].what }, 'drifted') : null,
    isUnread ? h('span.chip.warn', { title: `More than ${often * 100}% of its replies cannot be read.` }, 'often unreadable') : null,
    isAgainst ? h('span.chip.warn', { title: `Its scores go against those of the other judges (correlation below ${against}).` }, 'against the others') : null,
    isFlipping ? h('span.chip.warn', { title: `More than ${flips * 100}% of its verdicts turn with the order of the answers.` }, 'flips') : null,
    !held && !drifts.length && !isUnread && !isAgainst && !isFlipping ? (all ? h('span.chip.good', null, 'well') : h('span.chip', null, 'nothing said')) : null);
}
