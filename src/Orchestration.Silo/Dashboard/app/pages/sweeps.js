// Sweeps: all of them, starting one, one of them, its rows, one row.

import { one } from './sweeps/one.js';
import { list } from './sweeps/list.js';
import { pair } from './sweeps/pair.js';
import { pairs } from './sweeps/pairs.js';
import { start } from './sweeps/start.js';

/** @type {{show: (view: import('../main.js').View) => Promise<void> | void}} */
export default {
  show(view) {
    const [id, what, at] = view.parts;
    if (!id) return list(view);
    if (id === 'new') return start(view);
    if (what === 'pairs') return at ? pair(view, id, at) : pairs(view, id);
    return one(view, id);
  },
};
