// How judges agree: over routed answers, or over the rows of a sweep.

import { fill, h } from '../../lib/dom.js';
import { count, fixed, time } from '../../lib/format.js';

const most = 24;

/** Where agreement is shown. */
export function agreementCard() {
  const place = h('div', null);
  const select = h('select', { on: { change: () => draw() } });
  const element = h('section.card', { 'aria-label': 'Agreement' }, h('div.head', null, h('h2', null, 'Agreement'), h('label.row', null, h('span.dim', null, 'Over'), select)), place);
  /** @type {{name: string, title: string, note: string, judges: string[], of: (a: number, b: number) => number | null, titleOf: (a: number, b: number) => string}[]} */
  let sources = [];

  function draw() {
    const source = sources.find((s) => s.name === select.value) ?? sources[0];
    if (!source) {
      fill(place, h('p.dim', null, 'No two judges have scored the same answers yet.'));
      return;
    }
    const judges = source.judges.slice(0, most);
    fill(place, h('p.dim', null, source.note), h('div.scroll', { role: 'region', tabindex: '0', 'aria-label': 'Agreement of judges' }, h('table.heat', null,
      h('caption.unseen', null, `Correlations between judges, ${source.title}`),
      h('thead', null, h('tr', null, h('td', null), judges.map((j, at) => h('th', { scope: 'col', title: j }, h('span.unseen', null, j), h('span', { 'aria-hidden': 'true' }, String(at + 1)))))),
      h('tbody', null, judges.map((j, a) => h('tr', null, h('th', { scope: 'row' }, h('span.dim', { 'aria-hidden': 'true' }, `${a + 1} `), j), judges.map((_, b) => {
        if (a === b) return h('td.self', { 'aria-label': 'itself' }, '·');
        const value = source.of(a, b);
        const cell = h('td', { title: source.titleOf(a, b), class: value === null ? 'dim' : null }, value === null ? '–' : fixed(value, 2));
        if (value !== null) cell.style.background = `color-mix(in srgb, var(${value < 0 ? '--c2' : '--c1'}) ${Math.round(Math.min(1, Math.abs(value)) * 45)}%, transparent)`;
        return cell;
      })))))), source.judges.length > most ? h('p.dim', null, `The first ${most} of ${count(source.judges.length)} judges.`) : null);
  }

  return {
    element,
    update(/** @type {any} */ report) {
      sources = [];
      if (report.agreement.some((/** @type {any} */ p) => p.answers > 1)) {
        const judges = [...new Set(report.agreement.flatMap((/** @type {any} */ p) => [p.first, p.second]))].sort();
        const find = (/** @type {number} */ a, /** @type {number} */ b) => report.agreement.find((/** @type {any} */ p) => (p.first === judges[a] && p.second === judges[b]) || (p.first === judges[b] && p.second === judges[a]));
        sources.push({
          name: 'routed', title: 'routed answers', judges, note: 'Correlation of mapped scores over routed answers that both judged; – where one of the two does not vary. Judges that repeat one another add little; one that goes against all others is worth a look.',
          of: (a, b) => find(a, b)?.correlation ?? null,
          titleOf: (a, b) => { const p = find(a, b); return p ? `${judges[a]} and ${judges[b]}: ${count(p.answers)} answers, ${fixed(p.mean_distance, 3)} apart on average` : ''; },
        });
      }
      for (const sweep of report.sweeps) {
        if (sweep.correlation.length < 4) continue;
        sources.push({
          name: sweep.sweep, title: `sweep ${sweep.sweep}`, judges: sweep.judges,
          note: `Correlation of scores over ${count(sweep.read)} of ${count(sweep.rows)} rows of the sweep of ${time(sweep.created_at)}; – where one of the two does not vary. ${sweep.effective_channels === null ? '' : `These ${sweep.judges.length} judges say as much as ${fixed(sweep.effective_channels, 1)} independent ones would.`}`,
          of: (a, b) => sweep.correlation[a * sweep.judges.length + b] ?? null,
          titleOf: (a, b) => `${sweep.judges[a]} and ${sweep.judges[b]}`,
        });
      }
      const now = select.value;
      fill(select, sources.map((s) => h('option', { value: s.name }, s.title)));
      if (sources.some((s) => s.name === now)) select.value = now;
      select.parentElement.hidden = sources.length < 2;
      draw();
    },
  };
}
