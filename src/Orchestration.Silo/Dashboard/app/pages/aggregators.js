// Aggregators: names, versions, which one counts, and versions side by side.

import { get } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { plural } from '../lib/format.js';
import { versionCode } from '../lib/figures.js';
import { poll } from '../lib/poll.js';
import { empty, failed, loading } from '../lib/states.js';
import { table } from '../lib/table.js';
import { showComparison } from './aggregators/compare.js';
import { showName } from './aggregators/name.js';

/** @type {{show: (view: import('../main.js').View) => Promise<void>}} */
export default {
  async show(view) {
    const [name, what, ids] = view.parts;
    if (name && what === 'compare' && ids) return showComparison(view, name, ids.split(',').filter(Boolean));
    if (name) return showName(view, name);
    return showNames(view);
  },
};

/** @param {import('../main.js').View} view */
async function showNames({ root, signal }) {
  const place = h('div', null, loading());
  fill(root, h('h1', null, 'Aggregators'), h('p.dim', null, 'A learned aggregator turns the judges’ scores into one number. Versions are immutable; one of each name is active.'), place);
  const names = table({
    caption: 'Aggregators',
    columns: [
      { title: 'Name', show: (/** @type {any} */ a) => h('a', { href: `#/aggregators/${encodeURIComponent(a.name)}` }, a.name), sort: (a) => a.name, isName: true },
      { title: 'Active', show: (a) => (a.active ? versionCode(a.active) : h('span.chip.warn', null, 'none active')) },
      { title: 'Versions', show: (a) => plural(a.versions, 'version'), sort: (a) => a.versions, isNumber: true },
    ],
    key: (a) => a.name,
  });
  const look = async () => {
    const { aggregators } = await get('/v1/aggregators', { signal });
    if (aggregators.length === 0) {
      fill(place, empty('No aggregator has been trained yet.', 'Without one, scores are the mean of the judges’ mapped scores. Learn one from rows with human scores: ', h('code', null, 'orchestrate train --scores FILE --target FIELD --name NAME'), '.'));
      return;
    }
    if (!names.element.isConnected) fill(place, h('div.card', null, names.element));
    names.update(aggregators);
  };
  poll(look, { every: 5000, signal, onError: (error) => { if (!names.element.isConnected) fill(place, failed(error, look)); } });
}
