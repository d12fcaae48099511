// Router: who answers, how well, for how much, and why.

import { showRoute } from './router/route.js';
import { showRouter } from './router/overview.js';

/** @type {{show: (view: import('../main.js').View) => Promise<void>}} */
export default {
  async show(view) {
    if (view.parts[0] === 'routes' && view.parts[1]) return showRoute(view, view.parts[1]);
    return showRouter(view);
  },
};
