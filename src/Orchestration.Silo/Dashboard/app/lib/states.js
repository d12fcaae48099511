// What a page shows while there is nothing to show: loading, empty, failed.

import { ApiError } from './api.js';
import { h } from './dom.js';

/** While it is read. */
export const loading = (text = 'Loading…') => h('p.state', { role: 'status' }, h('span.spinner', { 'aria-hidden': 'true' }), text);

/**
 * Where there is nothing yet.
 * @param {string} title
 * @param {...import('./dom.js').Child} more What to do about it.
 */
export const empty = (title, ...more) => h('div.state', null, h('p', null, h('strong', null, title)), more.length ? h('p.dim', null, ...more) : null);

/**
 * Where it failed.
 * @param {unknown} error
 * @param {(() => void) | null} [retry]
 */
export const failed = (error, retry = null) => h('div.state.bad', { role: 'alert' }, h('p', null, messageOf(error)), retry ? h('button', { type: 'button', on: { click: retry } }, 'Try again') : null);

/** An error as people can read it. */
export function messageOf(/** @type {unknown} */ error) {
  if (error instanceof ApiError) return error.message;
  console.error(error);
  return 'Something went wrong in this page that should not have. Reloading it may help.';
}
