// Light, dark, or as the system has it.

const name = 'orchestration.theme';
const themes = ['auto', 'light', 'dark'];

export const theme = {
  /** @returns {string} */
  get now() {
    try {
      const kept = localStorage.getItem(name);
      return kept && themes.includes(kept) ? kept : 'auto';
    } catch {
      return 'auto';
    }
  },

  /** Puts a theme into effect; charts are told by the event `themechange` of the document. */
  set(/** @type {string} */ value) {
    try {
      if (value === 'auto') localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch {
      // A browser that keeps nothing.
    }
    this.apply(value);
  },

  apply(value = this.now) {
    if (value === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    document.dispatchEvent(new Event('themechange'));
  },
};

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => document.dispatchEvent(new Event('themechange')));

/** A colour of the style sheet, as the theme in effect has it. */
export function colour(/** @type {string} */ name) {
  const probe = document.createElement('span');
  probe.style.color = `var(--${name})`;
  probe.hidden = true;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
