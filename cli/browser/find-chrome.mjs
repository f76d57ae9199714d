/**
 * Finds Chrome or Chromium on this machine. Plain JavaScript without dependencies, because set-up uses it before
 * anything is installed.
 */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const { env, platform } = process;

function onPath() {
  const names = [
    'google-chrome-stable',
    'google-chrome',
    'chromium',
    'chromium-browser',
    'chrome',
    'msedge',
    'microsoft-edge',
  ];
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

function wellKnown() {
  if (platform === 'darwin') {
    const bundles = ['Google Chrome', 'Chromium', 'Google Chrome Canary', 'Microsoft Edge'];
    return ['/', homedir()].flatMap((root) =>
      bundles.map((name) => join(root, 'Applications', `${name}.app/Contents/MacOS/${name}`)),
    );
  }
  if (platform === 'win32') {
    const roots = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter((root) => root !== undefined);
    const programs = [
      'Google\\Chrome\\Application\\chrome.exe',
      'Chromium\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
    ];
    return programs.flatMap((program) => roots.map((root) => join(root, program)));
  }
  return ['/opt/google/chrome/chrome', '/snap/bin/chromium'];
}

/** Playwright's own browsers, in folders named `chromium-<revision>`, newest first. */
function playwrightCache() {
  const macOS = platform === 'darwin' ? join(homedir(), 'Library/Caches') : null;
  const windows = platform === 'win32' ? (env.LOCALAPPDATA ?? homedir()) : null;
  const cache = env.PLAYWRIGHT_BROWSERS_PATH ?? join(macOS ?? windows ?? join(homedir(), '.cache'), 'ms-playwright');
  if (!existsSync(cache)) return [];
  /** @param {string} folder */
  const revision = (folder) => Number(folder.slice('chromium-'.length));
  const folders = readdirSync(cache).filter((folder) => /^chromium-\d+$/.test(folder));
  const programs = [
    'chrome-linux64/chrome',
    'chrome-linux-arm64/chrome',
    'chrome-linux/chrome',
    'chrome-win64/chrome.exe',
    'chrome-win/chrome.exe',
    'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
    'chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
    'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
  ];
  return folders
    .sort((a, b) => revision(b) - revision(a))
    .flatMap((folder) => programs.map((program) => join(cache, folder, program)));
}

/**
 * Path of the program, or null if none is found. The environment variable `CHROME_PATH` takes precedence.
 * @returns {string | null}
 */
export function findChrome() {
  if (env.CHROME_PATH) return env.CHROME_PATH;
  return [...onPath(), ...wellKnown(), ...playwrightCache()].find((path) => existsSync(path)) ?? null;
}
