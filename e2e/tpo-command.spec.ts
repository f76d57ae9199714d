/** `npm run tpo` and `npm run parity` as a user runs them, on the built page. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { root } from '../cli/root';

const out = mkdtempSync(join(tmpdir(), 'tpo-command-'));
test.afterAll(() => rmSync(out, { recursive: true, force: true, maxRetries: 5 }));

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** @param interruptAt sends Ctrl-C once when the output matches */
function command(args: readonly string[], interruptAt?: RegExp): Promise<Ended> {
  const child = spawn(process.execPath, ['cli/run.mjs', ...args], {
    cwd: root,
    env: { ...process.env, LAB_ADAPTER: 'software' },
  });
  let output = '';
  let interrupted = false;
  const hear = (chunk: Buffer) => {
    output += chunk.toString();
    if (interruptAt === undefined || interrupted || !interruptAt.test(output)) return;
    interrupted = true;
    child.kill('SIGINT');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve({ code, output }));
  });
}

const small = ['--preset', 'fast', '--prompts-per-iteration', '3', '--set', 'evaluationPrompts=4', '--seed', '5'];
const read = (...path: string[]) => readFileSync(join(out, ...path));

test('a run writes adapters, pairs, a report and a picture, and the same ones when stopped and resumed', async () => {
  const straight = await command(['tpo', '--out', join(out, 'straight'), ...small]);
  expect(straight.code, straight.output).toBe(0);
  expect(straight.output).toMatch(/iteration 1\/1 · thinking · generate \d+\/3 prompts/);
  expect(straight.output).toMatch(/M1 direct: /);

  const names = ['adapter', 'adapter-direct', 'lab.png', 'pairs.jsonl', 'report.json'];
  expect(readdirSync(join(out, 'straight'))).toEqual(expect.arrayContaining(names));
  expect(readdirSync(join(out, 'straight/adapter'))).toEqual(
    expect.arrayContaining(['README.md', 'adapter_config.json', 'adapter_model.safetensors']),
  );
  const report = JSON.parse(read('straight/report.json').toString());
  expect(report.version).toBe(1);
  expect(report.evaluations).toHaveLength(4);
  expect(report.iterations).toHaveLength(2);
  expect(report.memory.peak).toBe(report.memory.planned);
  const adapter = read('straight/adapter/adapter_model.safetensors');
  expect(report.adapter.sha256).toBe(createHash('sha256').update(adapter).digest('hex'));
  for (const line of read('straight/pairs.jsonl').toString().trim().split('\n')) {
    expect(Object.keys(JSON.parse(line))).toEqual(expect.arrayContaining(['prompt', 'chosen', 'rejected']));
  }
  // A PNG has its size at byte 16.
  expect([read('straight/lab.png').readUInt32BE(16), read('straight/lab.png').readUInt32BE(20)]).toEqual([1280, 720]);

  const stopped = await command(['tpo', '--out', join(out, 'resumed'), ...small], /thinking · generate/);
  expect(stopped.code, stopped.output).toBe(130);
  expect(stopped.output).toContain('--resume');
  const resumed = await command(['tpo', '--out', join(out, 'resumed'), '--resume']);
  expect(resumed.code, resumed.output).toBe(0);
  expect(read('resumed/adapter/adapter_model.safetensors').equals(adapter)).toBe(true);
  const direct = 'adapter-direct/adapter_model.safetensors';
  expect(read('resumed', direct).equals(read('straight', direct))).toBe(true);
});

test('a wrong option gives one clear message', async () => {
  expect(await command(['tpo', '--out', join(out, 'wrong'), '--k', '1'])).toMatchObject({
    code: 1,
    output: expect.stringContaining('k: '),
  });
  expect(await command(['tpo', '--out', join(out, 'empty'), '--resume'])).toMatchObject({
    code: 1,
    output: expect.stringContaining('nothing to resume'),
  });
});

test("the engine's numbers are PyTorch's", async () => {
  const models = ['llama', 'llama3', 'smollm2'].map((name) => `e2e/golden/models/${name}`);
  const json = join(out, 'parity.json');
  const parity = await command(['parity', ...models, '--json', json]);
  expect(parity.code, parity.output).toBe(0);
  expect(parity.output).toMatch(/\d{3} quantities within tolerance, 0 missed, 0 folders refused\n$/);
  expect(JSON.parse(readFileSync(json, 'utf8'))).toHaveLength(models.length);
});

test('parity refuses a folder it does not understand', async () => {
  const parity = await command(['parity', 'e2e/golden/safetensors/bad']);
  expect(parity).toMatchObject({ code: 1, output: expect.stringContaining('bad: ') });
});
