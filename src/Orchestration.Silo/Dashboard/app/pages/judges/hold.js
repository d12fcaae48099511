// Quarantine and release of judges and experts. Each says first what will change.

import { post } from '../../lib/api.js';
import { ask, button } from '../../lib/dialog.js';
import { h } from '../../lib/dom.js';
import { auditOf, auditSentence } from '../../lib/figures.js';
import { time } from '../../lib/format.js';
import { toast } from '../../lib/live.js';
import { session } from '../../lib/session.js';

const reason = () => h('label.field', null, h('span', null, 'Reason (recorded)'), h('input', { name: 'reason', required: true, maxlength: '500', autocomplete: 'off' }));

/** @type {Record<string, {hold: string[], release: string[]}>} */
const effects = {
  judge: {
    hold: ['It is asked of routed answers no more, at every silo within a second or two. The aggregator goes on without it, and its intervals widen by what is then missing.', 'Requests to /v1/judge and sweeps that name it ask it as before.'],
    release: ['It is asked of routed answers again, at every silo within a second or two. It is watched for drift anew from then on: what was found before does not hold it again.'],
  },
  expert: {
    hold: ['No request is sent to it any more, at every silo within a second or two; requests in flight end as they are. A policy that names its experts and has no other answers 503.'],
    release: ['It is on offer again, at every silo within a second or two. It is watched for drift anew from then on: what was found before does not hold it again.'],
  },
};

/**
 * Asks, and does it; says so with the audit log's entry.
 * @param {'judge' | 'expert'} kind @param {string} name @param {any} held Its quarantine; null for none.
 * @param {() => Promise<void>} after Looks anew.
 */
export async function hold(kind, name, held, after) {
  const done = await ask({
    title: held ? `Release ${name}?` : `Quarantine ${name}?`,
    action: held ? 'Release' : 'Quarantine',
    isDanger: !held,
    body: [
      held ? h('p', null, `In quarantine since ${time(held.at)} by ${held.by}: ${held.reason}`) : null,
      ...effects[kind][held ? 'release' : 'hold'].map((text) => h('p', null, text)),
      reason(),
    ],
    act: (form) => post(`/v1/router/${held ? 'release' : 'quarantine'}`, { kind, name, reason: form.get('reason') }),
  });
  if (done === null) return;
  const entry = (await auditOf(name, AbortSignal.timeout(10000), 1).catch(() => null))?.[0];
  toast(entry ? `Recorded: ${auditSentence(entry)}.` : `${name} is ${held ? 'released' : 'in quarantine'}; it stands in the audit log.`);
  await after();
}

/** The button for a judge. @param {string} judge @param {any} report @param {() => Promise<void>} after */
export function buttonOf(judge, report, after) {
  const held = report.held.find((/** @type {any} */ q) => q.name === judge) ?? null;
  const lacks = session.lacks('operate') ?? (report.is_routed || held ? null : 'Quarantine is for judges of routed answers, and no judge set judges them here.');
  return button(held ? 'Release…' : 'Quarantine…', { reason: lacks, label: `${held ? 'Release' : 'Quarantine'} ${judge}`, on: () => hold('judge', judge, held, after) });
}
