// All sweeps, newest first.

import { get } from '../../lib/api.js';
import { allow } from '../../lib/dialog.js';
import { fill, h } from '../../lib/dom.js';
import { count, money, time } from '../../lib/format.js';
import { poll } from '../../lib/poll.js';
import { session } from '../../lib/session.js';
import { empty, failed, loading } from '../../lib/states.js';
import { table } from '../../lib/table.js';
import { aggregatorWord, stateChip, stateWord, sweepPath } from './words.js';

/** @param {import('../../main.js').View} view */
export async function list({ root, signal }) {
  const place = h('div.card', null, loading());
  const begin = h('a.button.primary', { href: '#/sweeps/new' }, 'New sweep');
  const lacks = session.lacks('judge');
  if (lacks) {
    begin.removeAttribute('href');
    begin.setAttribute('role', 'link');
    begin.className = 'button';
    allow(begin, lacks);
  }
  fill(root, h('div.head', null, h('h1', null, 'Sweeps'), begin), place);
  /** @type {ReturnType<typeof table<import('./words.js').Sweep>> | null} */
  let shown = null;
  poll(async () => {
    const { sweeps } = await get('/v1/sweeps', { signal });
    if (!sweeps.length) {
      shown = null;
      fill(place, empty('No sweep yet.', 'A sweep runs judges over a data set. Start one here, or with ', h('code', null, 'orchestrate sweep run'), '.'));
      return;
    }
    if (shown) {
      shown.update(sweeps);
      return;
    }
    shown = table({
      caption: 'Sweeps',
      key: (s) => s.id,
      rows: sweeps,
      pageSize: 25,
      columns: [
        { title: 'Sweep', isName: true, show: (s) => h('a', { href: sweepPath(s.id) }, s.id), sort: (s) => Number(s.id.slice(1)) },
        { title: 'State', show: (s) => stateChip(s.state), sort: (s) => stateWord(s.state) },
        { title: 'Rows', isNumber: true, show: (s) => count(s.rows), sort: (s) => s.rows },
        { title: 'Of', show: (s) => s.kind, sort: (s) => s.kind },
        { title: 'Judges', isLong: true, show: (s) => (s.judges.length > 4 ? `${s.judges.slice(0, 3).join(', ')} and ${s.judges.length - 3} more` : s.judges.join(', ')) },
        { title: 'Aggregator', show: (s) => aggregatorWord(s.aggregator), sort: (s) => s.aggregator },
        { title: 'Calls', isNumber: true, show: (s) => count(s.totals.calls), sort: (s) => s.totals.calls },
        { title: 'Cost', isNumber: true, show: (s) => money(s.totals.cost_usd), sort: (s) => s.totals.cost_usd },
        { title: 'Begun', show: (s) => time(s.created_at), sort: (s) => s.created_at },
      ],
    });
    fill(place, shown.element);
  }, { every: 4000, signal, onError: (error) => !shown && fill(place, failed(error)) });
}
