/** Handles Ctrl-C and `kill` for commands that have nothing to save. */

/**
 * Waits for the work. A signal rejects the wait, so that the caller closes what it opened, as after any error.
 * @throws the work's error, or an Error that names the signal
 */
export async function interruptible<R>(work: Promise<R>): Promise<R> {
  let end: (signal: NodeJS.Signals) => void = () => {};
  const asked = new Promise<never>((_resolve, reject) => {
    end = (signal) => reject(new Error(`Ended by ${signal}.`));
  });
  // After a signal the work goes on until the browser is closed. Its rejection then has no other handler.
  work.catch(() => {});
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  try {
    return await Promise.race([work, asked]);
  } finally {
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
  }
}
