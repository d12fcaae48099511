// The shell: who we are, which page, and what holds for all of them.

import { ApiError, get } from './lib/api.js';
import { connection } from './lib/connection.js';
import { fill, h, setText } from './lib/dom.js';
import { announce } from './lib/live.js';
import { poll } from './lib/poll.js';
import { session } from './lib/session.js';
import { failed, loading } from './lib/states.js';
import { theme } from './lib/theme.js';

/**
 * @typedef {object} View What a page is given.
 * @property {HTMLElement} root Where it draws; empty.
 * @property {string[]} parts The address after the page's name: `#/sweeps/s1/pairs` gives `['s1', 'pairs']`.
 * @property {URLSearchParams} query What follows the question mark of the address.
 * @property {AbortSignal} signal Raised when the page is left: requests, polls and events end by it.
 * @property {(title: string) => void} title Names the tab.
 */

/**
 * @typedef {object} Page A module of `pages/`.
 * @property {string} title
 * @property {string[]} roles One of these is needed to see it.
 * @property {(view: View) => void | Promise<void>} show Draws it. What it throws is shown in its place.
 */

const pages = [
  { name: 'overview', title: 'Overview', roles: ['judge', 'operate', 'read'], load: () => import('./pages/overview.js') },
  { name: 'sweeps', title: 'Sweeps', roles: ['judge', 'read'], load: () => import('./pages/sweeps.js') },
  { name: 'aggregators', title: 'Aggregators', roles: ['judge', 'operate', 'read'], load: () => import('./pages/aggregators.js') },
  { name: 'judges', title: 'Judges', roles: ['judge', 'operate', 'read'], load: () => import('./pages/judges.js') },
  { name: 'router', title: 'Router', roles: ['operate', 'read'], load: () => import('./pages/router.js') },
];

const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const nav = /** @type {HTMLElement} */ (document.getElementById('nav'));
const tools = /** @type {HTMLElement} */ (document.getElementById('tools'));
const banner = /** @type {HTMLElement} */ (document.getElementById('connection'));

/** Ends what the page shown now does. */
let leaving = new AbortController();
let shownPath = '';

/** Ends looking after the silo. */
let watching = new AbortController();

theme.apply();
document.getElementById('skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
connection.addEventListener('change', sayConnection);
setInterval(sayConnection, 1000);
session.addEventListener('refused', (event) => signIn(/** @type {CustomEvent} */ (event).detail));
addEventListener('hashchange', () => session.me && show());
start();

/** Asks who we are, and goes on to the page or to signing in. */
async function start() {
  fill(main, loading('Asking the silo…'));
  drawTools();
  try {
    session.me = await get('/v1/me');
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return;
    fill(main, failed(error, start));
    if (error instanceof ApiError && error.status === 0) connection.addEventListener('change', () => !connection.isLost && !session.me && start(), { once: true });
    return;
  }
  shownPath = '';
  drawNav();
  drawTools();
  show();
  watch();
  // The others too, so that they are there when the silo is not.
  Promise.allSettled(pages.map((page) => page.load()));
}

/** Looks now and then whether the silo is there and our key still counts, whatever the page asks. */
function watch() {
  watching.abort();
  watching = new AbortController();
  poll(async () => {
    const me = await get('/v1/me');
    if (session.me && me.roles.join() !== session.me.roles.join()) {
      session.me = me;
      drawNav();
      drawTools();
    }
  }, { every: 15000, signal: watching.signal });
}

function address() {
  const [path, query] = (location.hash.startsWith('#/') ? location.hash.slice(2) : '').split('?');
  const [name, ...parts] = path.split('/').filter(Boolean).map(decoded);
  return { name: name ?? 'overview', parts, query: new URLSearchParams(query ?? '') };
}

function decoded(/** @type {string} */ part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function show() {
  leaving.abort(new DOMException('The page was left.', 'AbortError'));
  leaving = new AbortController();
  const { signal } = leaving;
  const { name, parts, query } = address();
  const page = pages.find((p) => p.name === name);
  for (const link of nav.querySelectorAll('a')) {
    if (link.dataset.page === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const root = h('div.page', null, loading());
  fill(main, root);
  const path = [name, ...parts].join('/');
  if (shownPath && shownPath !== path) {
    // Whoever follows a link with the keyboard or a screen reader begins at the new content.
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  shownPath = path;
  if (!page) {
    fill(root, h('h1', null, 'There is no such page'), h('p', null, 'Go on with one of the pages above.'));
    return;
  }
  const title = (/** @type {string} */ text) => {
    document.title = `${text} – Orchestration`;
    announce(text);
  };
  title(page.title);
  const lacks = session.lacks(...page.roles);
  if (lacks) {
    fill(root, h('h1', null, page.title), h('p.state', null, lacks));
    return;
  }
  try {
    const { default: module } = await page.load();
    if (signal.aborted) return;
    root.replaceChildren();
    await module.show({ root, parts, query, signal, title });
  } catch (error) {
    if (!signal.aborted) fill(root, h('h1', null, page.title), failed(error, show));
  }
}

function drawNav() {
  fill(nav, h('ul', null, pages.filter((page) => session.has(...page.roles)).map((page) => h('li', null, h('a', { href: `#/${page.name}`, 'data-page': page.name }, page.title)))));
}

function drawTools() {
  const { me } = session;
  const select = h('select', { 'aria-label': 'Colours', on: { change: () => theme.set(select.value) } }, ['auto', 'light', 'dark'].map((name) => h('option', { value: name }, name)));
  select.value = theme.now;
  fill(tools,
    me ? h('span.who', { title: `Roles: ${me.roles.join(', ')}. Silo ${me.silo}, version ${me.version}.` }, me.is_open && !session.key ? 'no key needed' : me.name) : null,
    select,
    session.key ? h('button', { type: 'button', on: { click: signOut } }, 'Sign out') : null);
}

function signOut() {
  session.key = null;
  session.me = null;
  start();
}

/** Asks for a key, and says why. */
function signIn(/** @type {string} */ reason) {
  watching.abort();
  leaving.abort(new DOMException('Signed out.', 'AbortError'));
  const hadKey = Boolean(session.key);
  session.key = null;
  session.me = null;
  nav.replaceChildren();
  drawTools();
  const key = h('input', { type: 'password', name: 'key', autocomplete: 'off', spellcheck: 'false', required: true, placeholder: 'ok_…', 'aria-describedby': 'why' });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    session.key = key.value.trim();
    key.value = '';
    await start();
  };
  document.title = 'Sign in – Orchestration';
  fill(main, h('form.signin.card', { on: { submit } },
    h('h1', null, 'Sign in'),
    h('p', { id: 'why', class: hadKey ? 'problem' : 'dim', role: hadKey ? 'alert' : null }, hadKey ? reason : 'This silo asks for an API key.'),
    h('label.field', null, h('span', null, 'API key'), key),
    h('button.primary', { type: 'submit' }, 'Sign in'),
    h('p.dim', null, 'The key stays in this tab alone, until it is closed. Make one with ', h('code', null, 'orchestrate key create NAME --role read'), '.')));
  key.focus();
}

function sayConnection() {
  banner.hidden = !connection.isLost;
  if (!connection.isLost) {
    if (banner.firstChild) {
      banner.replaceChildren();
      announce('The connection is back.');
    }
    return;
  }
  const seconds = Math.max(0, Math.ceil((connection.nextTry - performance.now()) / 1000));
  if (!banner.firstChild) {
    fill(banner, h('span', null, 'The silo does not answer. What you see is as it was.'), h('span.dim', { 'aria-hidden': 'true' }), h('button', { type: 'button', on: { click: () => connection.tryNow() } }, 'Try now'));
  }
  setText(/** @type {Node} */ (banner.children[1]), seconds ? `Trying again in ${seconds} s` : 'Trying…');
}
