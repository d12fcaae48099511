// What can be done with a version. Each says first what will change.

import { ApiError, del, post, put } from '../../lib/api.js';
import { ask } from '../../lib/dialog.js';
import { h } from '../../lib/dom.js';
import { brief, percent } from '../../lib/format.js';

/**
 * @typedef {object} Setting
 * @property {string} name
 * @property {string | null} active
 * @property {string | null} shadow
 * @property {string | null} canary
 * @property {number} canary_share
 * @property {string[]} earlier
 */

const pathOf = (/** @type {string} */ name) => `/v1/aggregators/${encodeURIComponent(name)}`;
const follows = 'Every silo of this store follows within a second. Sweeps that are running keep the version that they began with, unless they follow the active one.';

/** What will change, as a table of now and then. @param {[string, string, string][]} rows */
const changes = (rows) => h('table.changes', null,
  h('caption.unseen', null, 'What will change'),
  h('thead', null, h('tr', null, h('td', null), h('th', { scope: 'col' }, 'Now'), h('th', { scope: 'col' }, 'Then'))),
  h('tbody', null, rows.map(([what, now, then]) => h('tr', null, h('th', { scope: 'row' }, what), h('td', null, h('code', null, now)), h('td', null, now === then ? h('span.dim', null, 'the same') : h('code', null, then))))));

const short = (/** @type {string | null | undefined} */ id) => (id ? brief(id) : 'none');
const reasonField = (/** @type {boolean} */ required, label = 'Reason (recorded)') => h('label.field', null, h('span', null, label), h('input', { name: 'reason', maxlength: '500', autocomplete: 'off', required }));

/** Makes a version active, where its test is passed or overruled. @returns {Promise<any>} null where it was dismissed. */
export function activate(/** @type {Setting} */ setting, /** @type {string} */ version) {
  const reason = h('input', { name: 'reason', maxlength: '500', autocomplete: 'off', disabled: true });
  const reasonLabel = h('label.field', { hidden: true }, h('span', null, 'Reason (recorded)'), reason);
  const force = h('input', { type: 'checkbox', name: 'force', on: { change: () => {
    reason.disabled = !force.checked;
    reason.required = force.checked;
    reasonLabel.hidden = !force.checked;
    if (force.checked) reason.focus();
  } } });
  return ask({
    title: `Activate ${brief(version)}?`,
    action: 'Activate',
    body: [
      changes([['active', short(setting.active), short(version)],
        ...(setting.shadow === version ? [/** @type {[string, string, string]} */ (['shadow', short(setting.shadow), 'none'])] : []),
        ...(setting.canary === version ? [/** @type {[string, string, string]} */ (['canary', `${short(setting.canary)} for ${percent(setting.canary_share, 0)}`, 'none'])] : [])]),
      h('p', null, follows),
      h('p', null, 'First its test is made again on the rows that it was trained on, for seconds to minutes: it must surely gain over the mean, and not be worse than what is active. Where it fails nothing changes, and the refusal is recorded.'),
      h('label.field', null, h('span', null, 'Data set of the configuration, where those rows have moved (optional)'), h('input', { name: 'data_set', autocomplete: 'off' })),
      h('label.check', null, force, 'Overrule the test'),
      reasonLabel,
    ],
    act: async (form) => {
      try {
        const isForced = form.get('force') !== null;
        return await post(`${pathOf(setting.name)}/activate`, { version, force: isForced, reason: isForced ? form.get('reason') : null, data_set: form.get('data_set') || null });
      } catch (error) {
        if (error instanceof ApiError && error.status === 409 && error.body?.reason) throw new ApiError(409, 'refused', `Refused, and recorded: ${error.body.reason}`, null, error.body);
        throw error;
      }
    },
  });
}

/** Goes back to what was active before. */
export function rollBack(/** @type {Setting} */ setting) {
  const before = setting.earlier[setting.earlier.length - 1];
  return ask({
    title: `Roll ${setting.name} back?`,
    action: 'Roll back',
    isDanger: true,
    body: [
      changes([['active', short(setting.active), short(before)]]),
      before ? null : h('p.note', null, 'No version was active before the first: until one is activated again, requests that name this aggregator are refused, and routed answers are scored by the mean.'),
      h('p', null, follows),
      reasonField(false),
    ],
    act: (form) => post(`${pathOf(setting.name)}/rollback`, { reason: form.get('reason') || null }),
  });
}

/** Scores a version beside the active one. */
export function shadow(/** @type {Setting} */ setting, /** @type {string} */ version) {
  return ask({
    title: `Shadow ${brief(version)}?`,
    action: 'Begin the shadow',
    body: [changes([['shadow', short(setting.shadow), short(version)]]), h('p', null, 'It is scored beside the active version and never returned: nobody’s results change. How far the two differ is shown under “Beside the active version”.')],
    act: () => put(`${pathOf(setting.name)}/shadow`, { version }),
  });
}

/** Returns a version's scores for a share of the pairs. */
export function canary(/** @type {Setting} */ setting, /** @type {string} */ version) {
  return ask({
    title: `Canary ${brief(version)}?`,
    action: 'Begin the canary',
    body: [
      h('label.field', null, h('span', null, 'Share of the pairs, in percent'), h('input', { name: 'share', type: 'number', min: '0.1', max: '100', step: 'any', required: true, value: setting.canary === version ? String(setting.canary_share * 100) : '5' })),
      changes([['canary', setting.canary ? `${short(setting.canary)} for ${percent(setting.canary_share)}` : 'none', `${short(version)} for this share`]]),
      h('p', null, 'For this share of the pairs, chosen by their hash, its scores are returned instead of the active version’s. A larger share keeps the pairs of a smaller one. Every score names the version that made it.'),
    ],
    act: (form) => put(`${pathOf(setting.name)}/canary`, { version, share: Number(form.get('share')) / 100 }),
  });
}

/** Ends the shadow or the canary. */
export function end(/** @type {Setting} */ setting, /** @type {'shadow' | 'canary'} */ what) {
  return ask({
    title: `End the ${what}?`,
    action: `End the ${what}`,
    body: [changes([[what, what === 'canary' ? `${short(setting.canary)} for ${percent(setting.canary_share)}` : short(setting.shadow), 'none']]), h('p', null, what === 'canary' ? 'All pairs are scored by the active version again.' : 'It is no longer scored beside the active version. What was learned of it stays.')],
    act: () => del(`${pathOf(setting.name)}/${what}`),
  });
}
