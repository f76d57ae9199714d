/**
 * Entry point of every command: `node cli/run.mjs <command> …`. Plain JavaScript without dependencies, so that it
 * runs on a fresh clone. It installs what the command needs, then loads the command's file through Vite, which is
 * installed by then.
 */
import { fileURLToPath } from 'node:url';
import { installChrome, installCompilers, installDependencies, installMesa, requireNode } from './setup.mjs';

/** Each command's file, and what it needs in addition to the npm packages. */
const commands = {
  start: { file: 'start.ts', needs: [] },
  build: { file: 'build.ts', needs: [] },
  lint: { file: 'lint/lint.ts', needs: [] },
  test: { file: 'test/test.ts', needs: [installChrome, installMesa, installCompilers] },
  kernels: { file: 'kernels/kernels.ts', needs: [installMesa, installCompilers] },
  predict: { file: 'predict/predict.ts', needs: [installMesa, installCompilers] },
  'test-real': { file: 'real/test-real.ts', needs: [installChrome] },
  tpo: { file: 'tpo/tpo.ts', needs: [installChrome] },
  parity: { file: 'parity/parity.ts', needs: [installChrome] },
  bench: { file: 'bench/bench.ts', needs: [installChrome] },
};

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !(name in commands)) {
  console.error(`Usage: node cli/run.mjs <${Object.keys(commands).join('|')}> …`);
  process.exit(2);
}
const { file, needs } = commands[/** @type {keyof typeof commands} */ (name)];

try {
  requireNode();
  installDependencies();
  for (const install of needs) install();

  const { runnerImport } = await import('vite');
  const { NODE_ENV } = process.env;
  const path = fileURLToPath(new URL(file, import.meta.url));
  const { module } = await runnerImport(path, { configFile: false, logLevel: 'warn' });
  // Vite's runner sets NODE_ENV to development, but the page that a command builds is a production build.
  if (NODE_ENV === undefined) delete process.env.NODE_ENV;
  process.exitCode = await module.main(args);
} catch (error) {
  console.error(error instanceof Error && process.env.DEBUG === undefined ? error.message : error);
  process.exitCode = 1;
}
