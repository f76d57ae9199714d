/** Opens a built page in headless Chrome, served from local folders. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { chosenAdapter, launchChrome } from './chrome';
import { serve } from './serve';

export interface OpenPage {
  readonly page: Page;
  /** Resolves with the result, or rejects if the page crashes first. */
  orCrash<R>(result: Promise<R>): Promise<R>;
  close(): Promise<void>;
}

export interface PageOptions {
  /** Folders to serve by path prefix. The first one holds the page. */
  readonly folders: Readonly<Record<string, string>>;
  /** Folder for the page's storage. Null for storage that is deleted with the page. */
  readonly profile: string | null;
  /** Name of the global variable that the page sets when it is ready. */
  readonly ready: string;
  readonly startSeconds?: number;
}

/**
 * Browser storage belongs to an origin, and the origin contains the port. This host name never changes; a Chrome flag
 * maps it to the port of this run. So a later command finds what an earlier one stored.
 */
const host = 'lab.localhost';

/** @throws if Chrome or the page does not start, with the page's console errors */
export async function openPage({ folders, profile, ready, startSeconds = 60 }: PageOptions): Promise<OpenPage> {
  const kept = profile ?? mkdtempSync(join(tmpdir(), 'thinking-lab-'));
  const site = await serve(folders);
  const end = async () => {
    await site.close();
    if (profile === null) rmSync(kept, { recursive: true, force: true, maxRetries: 5 });
  };
  const flags = [`--host-resolver-rules=MAP ${host} localhost:${site.port}`];
  const browser = await launchChrome(kept, chosenAdapter('hardware'), flags).catch(async (error) => {
    await end();
    throw error;
  });
  const close = async () => {
    await browser.close();
    await end();
  };

  const page = browser.pages()[0] ?? (await browser.newPage());
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  const crash = new Promise<never>((_resolve, reject) => {
    page.once('crash', () => reject(new Error('The page crashed. What it stored is safe.')));
    page.once('close', () => reject(new Error('The browser ended. What the page stored is safe.')));
  });
  // The rejection is handled by `orCrash`; without a pending call it must not count as unhandled.
  crash.catch(() => {});

  try {
    await page.goto(`http://${host}/`);
    await page.waitForFunction((name) => name in globalThis, ready, { timeout: startSeconds * 1000 });
  } catch (error) {
    await close();
    throw new Error(['The page did not start.', ...complaints].join('\n'), { cause: error });
  }
  return { page, orCrash: (result) => Promise.race([result, crash]), close };
}
