/**
 * The door of every command: `node cli/run.mjs <command> …`. Plain JavaScript without dependencies, so that it starts on a
 * fresh clone; it installs what the command needs, and then runs `cli/<command>.ts` through Vite, which is installed by then.
 */
import { fileURLToPath } from 'node:url';
import { installChrome, installDependencies, installMesa, requireNode } from './setup.mjs';

/** What each command needs besides the packages. */
const commands = {
  start: [],
  build: [],
  lint: [],
  test: [installChrome, installMesa],
  'test-real': [installChrome],
  tpo: [installChrome],
  parity: [installChrome],
  bench: [installChrome],
};

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !(name in commands)) {
  console.error(`Usage: node cli/run.mjs <${Object.keys(commands).join('|')}> …`);
  process.exit(2);
}

try {
  requireNode();
  installDependencies();
  for (const install of commands[/** @type {keyof typeof commands} */ (name)]) install();

  const { runnerImport } = await import('vite');
  const { NODE_ENV } = process.env;
  const file = name === 'lint' ? 'lint/lint.ts' : `${name}.ts`;
  const { module } = await runnerImport(fileURLToPath(new URL(file, import.meta.url)), {
    configFile: false,
    logLevel: 'warn',
  });
  // Vite's runner says that this is development; the page that a command builds is not.
  if (NODE_ENV === undefined) delete process.env.NODE_ENV;
  process.exitCode = await module.main(args);
} catch (error) {
  console.error(error instanceof Error && process.env.DEBUG === undefined ? error.message : error);
  process.exitCode = 1;
}
