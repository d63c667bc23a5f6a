/** Waiting between attempts. */

/**
 * A growing delay with jitter: half of it is chance, so that many browsers do not come back at once.
 * @param {number} attempt 1 for the first failure
 * @param {number} longest milliseconds
 */
export function backoff(attempt, longest) {
  const delay = Math.min(longest, 1000 * 2 ** (attempt - 1));
  return delay / 2 + (Math.random() * delay) / 2;
}

/** A pause that can be cut short, for when the network or the page comes back. */
export function createPause() {
  let wake = () => {};
  return {
    /** @param {number} milliseconds @returns {Promise<void>} */
    wait(milliseconds) {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    wake: () => wake(),
  };
}
