/** Memory of the page's process: heap, buffers and whatever else the browser holds for it. The device's is in another process. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright';

export interface MemorySample {
  /** As Date.now: the page has the same. */
  readonly at: number;
  readonly bytes: number;
}

/** Resident bytes; 0 where the process has ended. @throws where the system has no /proc */
function resident(pid: number): number {
  try {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return 0;
    throw error;
  }
}

/**
 * Looks every few milliseconds, from outside: a page that is busy is seen as well.
 * @returns ends it, and what was seen; nothing where the system does not tell, which only Linux does
 */
export async function watchMemory(page: Page): Promise<() => readonly MemorySample[]> {
  const browser = page.context().browser();
  if (browser === null || process.platform !== 'linux') return () => [];
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  // The browser keeps others for its own pages, and one in reserve; none of them has loaded anything.
  const [pid] = renderers.sort((a, b) => resident(b) - resident(a));
  if (pid === undefined) return () => [];
  const samples: MemorySample[] = [];
  const timer = setInterval(() => samples.push({ at: Date.now(), bytes: resident(pid) }), 5);
  return () => {
    clearInterval(timer);
    return samples;
  };
}
