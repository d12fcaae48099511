// Whether the silo is reached. Once it is not, it is asked by itself until it is again; whoever waits is woken then.

class Connection extends EventTarget {
  isLost = false;

  /** When it is asked next, in milliseconds of the page's clock. */
  nextTry = 0;

  #wait = 1000;

  /** A request did not reach the silo. */
  lost() {
    if (this.isLost) return;
    this.isLost = true;
    this.#wait = 1000;
    this.dispatchEvent(new Event('change'));
    this.#again();
  }

  /** A request reached it. */
  reached() {
    if (!this.isLost) return;
    this.isLost = false;
    this.dispatchEvent(new Event('change'));
  }

  /** Asks now. */
  async tryNow() {
    try {
      const response = await fetch('/health/live', { cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(5000) });
      if (response.ok) this.reached();
    } catch {
      this.lost();
    }
  }

  /**
   * Waits some time; where the connection is lost, until it is there again.
   * @param {number} milliseconds
   * @param {AbortSignal} signal Ends the waiting.
   */
  async wait(milliseconds, signal) {
    await new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.removeEventListener('change', look);
        signal.removeEventListener('abort', done);
        resolve(undefined);
      };
      const look = () => !this.isLost && done();
      const timer = setTimeout(() => !this.isLost && done(), milliseconds);
      this.addEventListener('change', look);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
      // The time may pass while the connection is lost: its return ends the waiting then.
    });
  }

  #again() {
    this.nextTry = performance.now() + this.#wait;
    setTimeout(async () => {
      if (!this.isLost) return;
      await this.tryNow();
      if (!this.isLost) return;
      this.#wait = Math.min(this.#wait * 1.6, 15000);
      this.dispatchEvent(new Event('change'));
      this.#again();
    }, this.#wait);
  }
}

export const connection = new Connection();
for (const change of ['online', 'offline']) addEventListener(change, () => connection.tryNow());
