/** For commands that keep nothing when they are ended: Ctrl-C, and a plain `kill`. */

/**
 * The work's result, unless this process is asked to end first: then the caller closes what it opened, as after any error.
 * @throws what the work throws; an Error that names the signal
 */
export async function interruptible<R>(work: Promise<R>): Promise<R> {
  let end: (signal: NodeJS.Signals) => void = () => {};
  const asked = new Promise<never>((_resolve, reject) => {
    end = (signal) => reject(new Error(`Ended by ${signal}.`));
  });
  // It goes on until the browser is closed, and then fails with nobody waiting.
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
