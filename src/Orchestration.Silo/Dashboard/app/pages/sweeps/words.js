// What sweeps have in common on every page: words, colours, what may be done.

import { post } from '../../lib/api.js';
import { allow, ask } from '../../lib/dialog.js';
import { h } from '../../lib/dom.js';
import { count, money, percent, plural } from '../../lib/format.js';
import { toast } from '../../lib/live.js';
import { session } from '../../lib/session.js';

/** @typedef {{shards_done: number, shards: number, rows_done: number, rows: number, judgments: number, unscored: number, from_store: number}} Progress */
/**
 * @typedef {object} Sweep
 * @property {string} id
 * @property {'running' | 'interrupted' | 'capped' | 'completed' | 'cancelled'} state
 * @property {'pairs' | 'comparisons'} kind
 * @property {string} created_at
 * @property {number} rows
 * @property {number} rejected
 * @property {string[]} judges
 * @property {string} aggregator
 * @property {number} min_coverage
 * @property {number} priority
 * @property {Progress | null} progress
 * @property {{settled_usd: number, reserved_usd: number, unknown_usd: number, cap_usd: number | null} | null} money
 * @property {{calls: number, failed_attempts: number, input_tokens: number, output_tokens: number, cost_usd: number}} totals
 */

/** @type {Record<string, [string, string]>} */
const states = { running: ['running', 'accent'], interrupted: ['paused', 'warn'], capped: ['stopped at its cap', 'warn'], completed: ['completed', 'good'], cancelled: ['cancelled', ''] };

/** A sweep's state as people call it. */
export const stateWord = (/** @type {string} */ state) => states[state]?.[0] ?? state;

/** A sweep's state as a mark. */
export const stateChip = (/** @type {string} */ state) => h(`span.chip${states[state]?.[1] ? `.${states[state][1]}` : ''}`, null, stateWord(state));

/** An aggregator version in short. */
export const aggregatorWord = (/** @type {string} */ version) => (/^[0-9a-f]{16,}$/.test(version) ? version.slice(0, 12) : version);

/** The address of a sweep. */
export const sweepPath = (/** @type {string} */ id, ...more) => `#/${['sweeps', id, ...more].map(encodeURIComponent).join('/')}`;

const changes = {
  pause: { title: 'Pause', from: ['running'], done: 'is paused' },
  resume: { title: 'Resume', from: ['interrupted', 'capped'], done: 'goes on' },
  cancel: { title: 'Cancel', from: ['running', 'interrupted', 'capped'], done: 'is cancelled' },
};

/**
 * The buttons that change a sweep. Those that make no sense now are hidden; those that the caller's roles do not allow say so.
 * @param {(sweep: Sweep) => void} changed Told how it stands after a change.
 */
export function controls(changed) {
  /** @type {Sweep | null} */
  let sweep = null;
  const lacks = () => session.lacks('judge');
  const pause = h('button', { type: 'button', on: { click: () => !lacks() && go('pause', {}) } }, 'Pause');
  const resume = h('button.primary', { type: 'button', on: { click: () => !lacks() && askResume() } }, 'Resume');
  const retry = h('button', { type: 'button', on: { click: () => !lacks() && askRetry() } }, 'Ask unscored again');
  const cancel = h('button.danger', { type: 'button', on: { click: () => !lacks() && askCancel() } }, 'Cancel sweep');
  for (const button of [pause, resume, retry, cancel]) allow(button, lacks());

  async function go(/** @type {'pause' | 'resume' | 'cancel'} */ what, /** @type {object} */ body) {
    if (!sweep) return;
    try {
      const next = await post(`/v1/sweeps/${encodeURIComponent(sweep.id)}/${what}`, body);
      toast(`Sweep ${sweep.id} ${changes[what].done}.`);
      changed(next);
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), 'bad');
    }
  }

  /** The cap field of a dialog. */
  function capField(/** @type {string} */ label) {
    const now = sweep?.money?.cap_usd ?? null;
    return h('label.field', null, h('span', null, label), h('input', { name: 'cap', type: 'number', min: '0', step: 'any', inputmode: 'decimal', placeholder: now === null ? 'no cap' : String(now) }));
  }

  const bodyOf = (/** @type {FormData} */ form) => (form.get('cap') ? { max_cost_usd: Number(form.get('cap')) } : {});

  async function askResume() {
    if (!sweep) return;
    const id = sweep.id;
    const left = (sweep.progress?.rows ?? sweep.rows) - (sweep.progress?.rows_done ?? 0);
    const next = await ask({
      title: `Resume sweep ${id}?`,
      body: [
        h('p', null, `${plural(left, 'row')} are left to do. What was bought is stored and is not bought again.`),
        sweep.state === 'capped' ? h('p.note', null, `It stopped at its cap of ${money(sweep.money?.cap_usd)}; without a higher one it stops again.`) : null,
        capField('Cap in US dollars, for the whole sweep (empty: as it is)'),
      ],
      action: 'Resume',
      dismiss: 'Leave it paused',
      act: (form) => post(`/v1/sweeps/${encodeURIComponent(id)}/resume`, bodyOf(form)),
    });
    if (next) {
      toast(`Sweep ${id} goes on.`);
      changed(next);
    }
  }

  async function askRetry() {
    if (!sweep) return;
    const id = sweep.id;
    const next = await ask({
      title: `Ask unscored judgments of ${id} again?`,
      body: [
        h('p', null, `${plural(sweep.progress?.unscored ?? 0, 'judgment')} have no score. Shards that hold some are opened again; stored judgments are kept, the others are asked once more and cost money.`),
        capField('Cap in US dollars, for the whole sweep (empty: as it is)'),
      ],
      action: 'Ask again',
      act: (form) => post(`/v1/sweeps/${encodeURIComponent(id)}/resume`, { ...bodyOf(form), retry_unscored: true }),
    });
    if (next) {
      toast(`Sweep ${id} goes on.`);
      changed(next);
    }
  }

  async function askCancel() {
    if (!sweep) return;
    const { id, progress } = sweep;
    const next = await ask({
      title: `Cancel sweep ${id} for good?`,
      body: [
        h('p', null, `${count(progress?.rows_done ?? 0)} of ${plural(progress?.rows ?? sweep.rows, 'row')} are done and stay readable. The rest will never be judged in this sweep: a cancelled sweep cannot be resumed.`),
        h('p.dim', null, 'To stop it for a while, pause it.'),
      ],
      action: 'Cancel for good',
      isDanger: true,
      dismiss: 'Keep it',
      act: () => post(`/v1/sweeps/${encodeURIComponent(id)}/cancel`, {}),
    });
    if (next) {
      toast(`Sweep ${id} is cancelled.`);
      changed(next);
    }
  }

  return {
    element: h('div.row', null, pause, resume, retry, cancel),
    update(/** @type {Sweep} */ next) {
      sweep = next;
      pause.hidden = !changes.pause.from.includes(next.state);
      resume.hidden = !changes.resume.from.includes(next.state);
      cancel.hidden = !changes.cancel.from.includes(next.state);
      retry.hidden = next.state !== 'completed' || !next.progress?.unscored;
    },
  };
}

/** How far a sweep is, in a word. */
export function progressWord(/** @type {Progress | null} */ progress) {
  if (!progress || !progress.rows) return '–';
  return progress.rows_done === progress.rows ? '100%' : percent(Math.min(0.999, progress.rows_done / progress.rows));
}
