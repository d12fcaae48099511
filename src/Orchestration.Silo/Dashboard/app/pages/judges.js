// Judges.

import { fill, h } from '../lib/dom.js';
import { empty } from '../lib/states.js';

/** @type {{show: (view: import('../main.js').View) => Promise<void>}} */
export default {
  async show({ root }) {
    fill(root, h('h1', null, 'Judges'), empty('Nothing here yet.'));
  },
};
