// Numbers, money, times: the same for everybody, wherever the browser is.

const none = '–';

const plain = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** @typedef {number | null | undefined} Maybe */

const isNone = (/** @type {Maybe} */ value) => value === null || value === undefined || !Number.isFinite(value);

/** A whole number with separators: 1,234,567. */
export const count = (/** @type {Maybe} */ value) => (isNone(value) ? none : plain.format(/** @type {number} */ (value)));

/** A large number in short: 1.2M. */
export const short = (/** @type {Maybe} */ value) => (isNone(value) ? none : compact.format(/** @type {number} */ (value)));

/** A number of almost nothing has no sign: "0.000" rather than "-0.000". */
const unsignedZero = (/** @type {string} */ text) => (Number(text) === 0 ? text.replace('-', '') : text);

/** A number with so many digits after the point, without zeros at the end. */
export const number = (/** @type {Maybe} */ value, digits = 3) => (isNone(value) ? none : String(Number(/** @type {number} */ (value).toFixed(digits))));

/** A number with exactly so many digits after the point, for columns. */
export const fixed = (/** @type {Maybe} */ value, digits = 3) => (isNone(value) ? none : unsignedZero(/** @type {number} */ (value).toFixed(digits)));

/** A share of 1 as a percentage. */
export const percent = (/** @type {Maybe} */ value, digits = 1) => (isNone(value) ? none : `${unsignedZero((/** @type {number} */ (value) * 100).toFixed(digits))}%`);

/** US dollars: cents, and more digits where there are less than that. */
export function money(/** @type {Maybe} */ value) {
  if (isNone(value)) return none;
  const usd = /** @type {number} */ (value);
  if (usd === 0) return '$0';
  const size = Math.abs(usd);
  const digits = size >= 100 ? 0 : size >= 0.1 ? 2 : Math.min(6, Math.max(2, 1 - Math.floor(Math.log10(size))));
  return `${usd < 0 ? '−' : ''}$${size.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** Seconds as a duration: 850 ms, 12 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. */
export function duration(/** @type {Maybe} */ seconds) {
  if (isNone(seconds)) return none;
  const s = /** @type {number} */ (seconds);
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 10) return `${Number(s.toFixed(1))} s`;
  if (s < 60) return `${Math.round(s)} s`;
  const [big, small, names] = s < 3600 ? [60, 1, ['min', 's']] : s < 86400 ? [3600, 60, ['h', 'min']] : [86400, 3600, ['d', 'h']];
  const whole = Math.floor(s / big);
  const rest = Math.floor((s - whole * big) / small);
  return rest ? `${whole} ${names[0]} ${rest} ${names[1]}` : `${whole} ${names[0]}`;
}

/** A moment in the reader's time zone: 2026-03-01 14:05. */
export function time(/** @type {string | number | null | undefined} */ moment, withSeconds = false) {
  if (moment === null || moment === undefined || moment === '') return none;
  const t = new Date(moment);
  if (Number.isNaN(t.getTime())) return none;
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}${withSeconds ? `:${two(t.getSeconds())}` : ''}`;
}

/** How long ago a moment was: "12 s ago". */
export const ago = (/** @type {string | null | undefined} */ moment) => (moment ? `${duration(Math.max(0, (Date.now() - new Date(moment).getTime()) / 1000))} ago` : none);

/** The first characters of an id or a hash. */
export const brief = (/** @type {string | null | undefined} */ id, length = 12) => (id ? (id.length > length ? id.slice(0, length) : id) : none);

/** "1 row", "2 rows". */
export const plural = (/** @type {number} */ n, /** @type {string} */ one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
