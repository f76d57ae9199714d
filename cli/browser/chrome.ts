/** Chrome with WebGPU, headless, as the tests and the commands launch it. */
import { type BrowserContext, chromium } from 'playwright';
import { findChrome } from './find-chrome.mjs';

/** `software`: SwiftShader, the same everywhere. `hardware`: the machine's own GPU; where there is none Chrome itself takes SwiftShader. */
export type Adapter = 'software' | 'hardware';

/** From the environment's `LAB_ADAPTER`. @throws where it names neither adapter */
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
  // As root, inside containers, Chrome starts only without its sandbox.
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
 * A browser whose storage is the folder `profile`, made where it is missing. The caller closes it.
 * @param flags besides those that every command needs
 */
export function launchChrome(profile: string, adapter: Adapter, flags: readonly string[]): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: chromePath(),
    headless: true,
    args: [...chromeFlags(adapter), ...flags],
    viewport: { width: 1280, height: 720 },
    // Signals belong to the command, which stops and saves the run before it closes the browser. Chrome ends with this process.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
