/** llama.cpp's OpenAI-compatible server, installed from PyPI. It is built once and kept next to the model. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../root';
import { close, listen, port } from '../test/local-server';

/**
 * PyPI has no wheels of it, so pip compiles llama.cpp, which takes about 160 seconds of one core for this version.
 * Versions before 0.3 return no probabilities in chats; later ones compile more code.
 */
const VERSION = '0.3.8';
/** A minimal build for a text server: no images, no command-line programs, no tuned kernels for large batches. */
const CMAKE = [
  'LLAVA_BUILD',
  'GGML_LLAMAFILE',
  'LLAMA_CURL',
  'LLAMA_BUILD_TESTS',
  'LLAMA_BUILD_EXAMPLES',
  'LLAMA_BUILD_SERVER',
];

export const MODEL = 'smollm2-135m-instruct';

export interface LlamaServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param gguf the model, served as `MODEL`.
 * @throws if it cannot be built or does not start, with the end of its output
 */
export async function startLlama(gguf: string): Promise<LlamaServer> {
  const python = pythonName();
  const packages = built(python);
  const free = await listen(createServer());
  const chosen = port(free);
  await close(free);
  const folder = mkdtempSync(join(tmpdir(), 'thinking-lab-llama-'));
  const log = join(folder, 'log');
  const args = [
    '--model',
    gguf,
    '--model_alias',
    MODEL,
    '--n_ctx',
    '2048',
    '--logits_all',
    'true',
    '--host',
    '127.0.0.1',
  ];
  const logFile = openSync(log, 'w');
  const server = spawn(python, ['-m', 'llama_cpp.server', ...args, '--port', `${chosen}`], {
    env: { ...process.env, PYTHONPATH: packages },
    stdio: ['ignore', logFile, logFile],
  });
  const end = async () => {
    await ended(server);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const url = `http://127.0.0.1:${chosen}/v1`;
    for (const begun = Date.now(); !(await answers(url)); await sleep(250)) {
      if (server.exitCode === null && Date.now() - begun < 120_000) continue;
      throw new Error(`llama.cpp's server did not start:\n${readFileSync(log, 'utf8').slice(-2000)}`);
    }
    return { url, close: end };
  } catch (error) {
    await end();
    throw error;
  }
}

function pythonName(): string {
  const name = ['python3', 'python'].find((each) => spawnSync(each, ['--version']).status === 0);
  if (name === undefined) throw new Error('There is no Python.');
  return name;
}

/** Folder of the server's Python packages. */
function built(python: string): string {
  const tag = spawnSync(python, ['-c', 'import sys; print(sys.implementation.cache_tag)'], {
    encoding: 'utf8',
  }).stdout.trim();
  const folder = join(root, 'node_modules/.cache/thinking-lab', `llama-cpp-python-${VERSION}-${tag}`);
  if (existsSync(folder)) return folder;
  mkdirSync(join(folder, '..'), { recursive: true });
  const unfinished = mkdtempSync(`${folder}-`);
  console.log(`Building llama-cpp-python ${VERSION} with pip, once: it takes a few minutes …`);
  const args = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-cache-dir',
    '--target',
    unfinished,
    `llama-cpp-python[server]==${VERSION}`,
  ];
  const env = { ...process.env, CMAKE_ARGS: CMAKE.map((option) => `-D${option}=OFF`).join(' ') };
  // Print nothing on success: pip warns about unrelated packages of the machine.
  const { status, stderr } = spawnSync(python, args, { env, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) {
    rmSync(unfinished, { recursive: true });
    throw new Error(
      `${stderr.slice(-4000)}\npip could not build llama-cpp-python ${VERSION}: it needs a C++ compiler.`,
    );
  }
  // Rename at the end, so that an interrupted build leaves no partial folder.
  renameSync(unfinished, folder);
  return folder;
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/models`).then(
    ({ ok }) => ok,
    () => false,
  );

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill();
  const late = setTimeout(() => server.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(late);
}
