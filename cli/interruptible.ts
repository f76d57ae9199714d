/** Handles Ctrl-C and `kill` for commands that have nothing to save. */

/**
 * Waits for the work. A signal rejects the wait, so that the caller closes what it opened, as after any error.
 * @throws the work's error, or an Error that names the signal
 */
export async function interruptible<R>(work: Promise<R>): Promise<R> {
  let onSignal: (signal: NodeJS.Signals) => void = () => {};
  const interrupted = new Promise<never>((_resolve, reject) => {
    onSignal = (signal) => reject(new Error(`Ended by ${signal}.`));
  });
  // After a signal the work goes on until the browser is closed. Its rejection then has no other handler.
  work.catch(() => {});
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
