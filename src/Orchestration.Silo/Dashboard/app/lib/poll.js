// Asks again and again, while the page is seen and the silo is reached.

import { ApiError } from './api.js';
import { connection } from './connection.js';

/**
 * Runs a look at once and then every so often: not while the tab is hidden, at once when it is seen again, and at once when a lost connection is back.
 * @param {() => Promise<void>} look Throws what could not be done.
 * @param {{every: number, signal: AbortSignal, onError?: (error: unknown) => void}} options Milliseconds; the signal ends it.
 * @returns {{now: () => void}} Looks at once.
 */
export function poll(look, { every, signal, onError }) {
  let wake = () => {};
  (async () => {
    while (!signal.aborted) {
      let wait = every;
      try {
        await look();
      } catch (error) {
        if (signal.aborted) return;
        onError?.(error);
        if (error instanceof ApiError && error.retryAfter) wait = Math.max(wait, error.retryAfter * 1000);
        if (!(error instanceof ApiError)) console.error(error);
      }
      const woken = new AbortController();
      wake = () => woken.abort();
      await connection.wait(wait, AbortSignal.any([signal, woken.signal]));
      while (document.hidden && !signal.aborted) await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
    }
  })();
  return { now: () => wake() };
}
