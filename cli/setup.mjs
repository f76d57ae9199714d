/** Installs what is missing on a machine with only git and Node. Plain JavaScript without dependencies. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChrome } from './browser/find-chrome.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const isRoot = process.getuid?.() === 0;

/**
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
function run(program, args, options) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, args, { cwd: root, stdio: 'inherit', env, ...options }).status === 0;
}

export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(`Node 20.19 or newer is needed; this is ${process.versions.node}. See https://nodejs.org.`);
}

/**
 * Compares npm's record of the last installation with the lock file, which shows missing packages and other versions.
 */
function dependenciesAreInstalled() {
  const installedPath = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedPath)) return false;
  const required = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages;
  // Optional packages include those of other platforms.
  return Object.entries(required).every(([path, { version, optional, peer }]) => {
    if (path === '' || ((optional || peer) && installed[path] === undefined)) return true;
    return installed[path]?.version === version;
  });
}

export function installDependencies() {
  if (dependenciesAreInstalled()) return;
  console.log('Installing the packages of package-lock.json …');
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  // Under `npm start` this is the running npm. On Windows, plain `npm` is a shell script.
  const npm = process.env.npm_execpath;
  const done = npm ? run(process.execPath, [npm, ...args]) : run('npm', args, { shell: process.platform === 'win32' });
  if (!done) throw new Error('npm ci failed: see above. Is there a network connection?');
}

/** The relevant fields of /etc/os-release. Null without that file or without apt. */
function debian() {
  if (!existsSync('/etc/os-release') || !existsSync('/usr/bin/apt-get')) return null;
  const text = readFileSync('/etc/os-release', 'utf8');
  /** @param {string} name */
  const field = (name) => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(text)?.[1] ?? '';
  return {
    isDebian: field('ID') === 'debian',
    version: Number(field('VERSION_ID')),
    codename: field('VERSION_CODENAME'),
  };
}

export function installChrome() {
  if (findChrome() !== null) return;
  console.log('No Chrome or Chromium was found. Installing one …');
  const system = debian();
  if (isRoot && system?.isDebian && run('apt-get', ['update', '-q']) && run('apt-get', ['install', '-qy', 'chromium']))
    return;
  const playwright = join(root, 'node_modules/playwright/cli.js');
  const withLibraries = isRoot && system !== null ? ['--with-deps'] : [];
  run(process.execPath, [playwright, 'install', ...withLibraries, 'chromium']);
  if (findChrome() === null)
    throw new Error('No Chrome or Chromium could be installed. Install one, or name its program in CHROME_PATH.');
}

/** Mesa's major version according to dpkg. 0 if it is not installed. */
function mesaVersion() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query expands this placeholder.
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f=${Version}', 'mesa-vulkan-drivers'], { encoding: 'utf8' });
  return Number.parseInt(stdout, 10) || 0;
}

/**
 * Installs Mesa 25, whose software driver is the second adapter of the GPU tests. Only on Debian as root. On other
 * systems, and if this fails, the tests report the adapters that they ran on.
 */
export function installMesa() {
  const system = debian();
  if (!isRoot || !system?.isDebian || system.version < 12 || mesaVersion() >= 25) return;
  console.log("Installing Mesa's software Vulkan driver for the GPU tests …");
  const suite = system.version === 12 ? 'bookworm-backports' : null;
  if (suite !== null) addSuite(suite);
  run('apt-get', ['update', '-q']);
  run('apt-get', ['install', '-qy', ...(suite === null ? [] : ['-t', suite]), 'mesa-vulkan-drivers']);
}

/**
 * Installs a C compiler and the headers of Vulkan, with which kernels are compiled for GPUs that this machine lacks.
 * Only on Debian as root.
 */
export function installCompilers() {
  const system = debian();
  if (!isRoot || !system?.isDebian) return;
  if (existsSync('/usr/bin/gcc') && existsSync('/usr/include/vulkan/vk_icd.h')) return;
  console.log('Installing gcc and libvulkan-dev for the compilers of GPUs …');
  run('apt-get', ['update', '-q']);
  run('apt-get', ['install', '-qy', 'gcc', 'libc6-dev', 'libvulkan-dev']);
}

/**
 * Repeats the machine's Debian package source for another suite, so that a configured mirror is used.
 * @param {string} suite
 */
function addSuite(suite) {
  const folder = '/etc/apt/sources.list.d';
  const own = `${folder}/debian.sources`;
  if (existsSync(own)) {
    const [first = ''] = readFileSync(own, 'utf8').split(/\n\s*\n/);
    writeFileSync(`${folder}/backports.sources`, `${first.trimEnd().replace(/^Suites:.*/m, `Suites: ${suite}`)}\n`);
  } else {
    writeFileSync(`${folder}/backports.list`, `deb http://deb.debian.org/debian ${suite} main\n`);
  }
}
