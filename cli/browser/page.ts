/** A built page in a headless Chrome, served from folders of this machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { chosenAdapter, launchChrome } from './chrome';
import { serve } from './serve';

export interface OpenPage {
  readonly page: Page;
  /** The result, or the page's crash, whichever comes first. */
  orCrash<R>(result: Promise<R>): Promise<R>;
  close(): Promise<void>;
}

export interface PageOptions {
  /** As `serve` takes them; the first is the page's own. */
  readonly folders: Readonly<Record<string, string>>;
  /** Folder that keeps the page's storage; null: storage that ends with the page. */
  readonly profile: string | null;
  /** Name of a global variable that the page sets when it is ready. */
  readonly ready: string;
  readonly startSeconds?: number;
}

/**
 * Storage belongs to an origin, and an origin to a port. This name is always the same, and Chrome is told which port of this
 * machine it means today; so a later command finds what an earlier one stored.
 */
const host = 'lab.localhost';

/** @throws where Chrome or the page does not start, with what the page complained of */
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
  // Heard by whoever waits next; nobody may be waiting now.
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
