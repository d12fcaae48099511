// The key of this tab: kept in sessionStorage and nowhere else, gone when the tab is closed.

const name = 'orchestration.key';

class Session extends EventTarget {
  /** @type {string | null} */
  #key = read();

  /** Who the silo says that we are; null until it was asked. @type {Me | null} */
  me = null;

  /** The key; null where none was given. */
  get key() {
    return this.#key;
  }

  set key(key) {
    this.#key = key;
    try {
      if (key) sessionStorage.setItem(name, key);
      else sessionStorage.removeItem(name);
    } catch {
      // A browser that keeps nothing: the key is asked for again after a reload.
    }
  }

  /** The silo takes our key no longer. */
  refused(/** @type {string} */ reason) {
    this.dispatchEvent(new CustomEvent('refused', { detail: reason }));
  }

  /** True where the caller has one of the roles. */
  has(/** @type {string[]} */ ...roles) {
    return roles.some((role) => this.me?.roles.includes(role));
  }

  /** Why the caller may not do what one of the roles may; null where he may. */
  lacks(/** @type {string[]} */ ...roles) {
    return this.has(...roles) ? null : `This needs a key with the role ${roles.join(' or ')}; yours has ${this.me?.roles.length ? this.me.roles.join(', ') : 'none'}.`;
  }
}

/**
 * @typedef {object} Me
 * @property {string} key_id
 * @property {string} name
 * @property {string[]} roles `call`, `judge`, `operate`, `read`.
 * @property {boolean} is_open True where the silo asks for no key.
 * @property {string} silo
 * @property {string} version
 */

function read() {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

export const session = new Session();
