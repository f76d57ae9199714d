/** Launches headless Chrome with WebGPU for the tests and the commands. */
import { type BrowserContext, chromium } from 'playwright';
import { findChrome } from './find-chrome.mjs';

/**
 * `software` is SwiftShader, the same on every machine. `hardware` is the machine's GPU; without one, Chrome falls
 * back to SwiftShader.
 */
export type Adapter = 'software' | 'hardware';

/** Reads the environment variable `LAB_ADAPTER`. @throws if it names neither adapter */
export function chosenAdapter(otherwise: Adapter, value = process.env.LAB_ADAPTER): Adapter {
  if (value === undefined || value === '') return otherwise;
  if (value === 'software' || value === 'hardware') return value;
  throw new Error(`LAB_ADAPTER is "${value}"; it takes "software" or "hardware".`);
}

export function chromePath(): string {
  const path = findChrome();
  if (path === null)
    throw new Error('No Chrome or Chromium was found. Install one, or name its program in CHROME_PATH.');
  return path;
}

export function chromeFlags(adapter: Adapter): string[] {
  const quiet = [
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  const alwaysAwake = [
    '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding',
    '--disable-backgrounding-occluded-windows',
  ];
  // Chrome refuses to start as root, which is usual in containers, unless its sandbox is off.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const webgpu = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--ignore-gpu-blocklist'];
  return [
    ...quiet,
    ...alwaysAwake,
    ...sandbox,
    ...webgpu,
    ...(adapter === 'software' ? ['--use-webgpu-adapter=swiftshader'] : []),
  ];
}

/**
 * Launches a browser that stores its data in the folder `profile`, which is created if it is missing. The caller
 * closes it.
 * @param flags added to the flags that every command needs
 */
export function launchChrome(profile: string, adapter: Adapter, flags: readonly string[]): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: chromePath(),
    headless: true,
    args: [...chromeFlags(adapter), ...flags],
    viewport: { width: 1280, height: 720 },
    // The command handles signals: it stops and saves the run before it closes the browser. Chrome ends with this
    // process.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
