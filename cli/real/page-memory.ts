/** Memory of the page's process: heap, buffers and browser objects. GPU memory belongs to another process. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright';

export interface MemorySample {
  /** Milliseconds since 1970, comparable with the page's clock. */
  readonly at: number;
  readonly bytes: number;
}

/** Resident bytes of a process, 0 after it has ended. @throws if the system has no /proc */
function resident(pid: number): number {
  try {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return 0;
    throw error;
  }
}

/**
 * Samples every few milliseconds from outside, so that a busy page is measured too.
 * @returns a function that stops sampling and returns the samples; no samples on systems other than Linux
 */
export async function watchMemory(page: Page): Promise<() => readonly MemorySample[]> {
  const browser = page.context().browser();
  if (browser === null || process.platform !== 'linux') return () => [];
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  // The browser has more renderer processes, for its own pages and in reserve. They have loaded nothing.
  const [pid] = renderers.sort((a, b) => resident(b) - resident(a));
  if (pid === undefined) return () => [];
  const samples: MemorySample[] = [];
  const timer = setInterval(() => samples.push({ at: Date.now(), bytes: resident(pid) }), 5);
  return () => {
    clearInterval(timer);
    return samples;
  };
}
