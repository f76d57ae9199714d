/** The page that the commands drive: Chrome answers calls and keeps its storage after the command has ended. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { askLab } from '../cli/browser/lab-page';
import { openPage } from '../cli/browser/page';

const page = `<!doctype html>
<meta http-equiv="Content-Security-Policy" content="script-src 'self'">
<script type="module" src="main.js"></script>`;
const script = `globalThis.lab = {
  storage: async () => {
    localStorage.visits = Number(localStorage.visits ?? 0) + 1;
    return { usage: Number(localStorage.visits), quota: 1, persisted: false };
  },
  exportAdapter: async (id, arm) => new TextEncoder().encode(id + arm),
  stop: async () => {
    throw Object.assign(new Error('It is full.'), { code: 'storage-full', advice: 'Delete a run.' });
  },
};`;

let folder: string;
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'commands-'));
  writeFileSync(join(folder, 'index.html'), page);
  writeFileSync(join(folder, 'main.js'), script);
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const open = (profile: string | null) => openPage({ folders: { '/': folder }, profile, ready: 'lab' });

test('a page answers calls with data and bytes, and its failures keep their code and advice', async () => {
  const opened = await open(null);
  try {
    const bytes = await askLab(opened, (lab, arm) => lab.exportAdapter('run-', arm), 'direct' as const);
    expect(new TextDecoder().decode(bytes)).toBe('run-direct');
    const failure = askLab(opened, (lab) => lab.stop(), null);
    await expect(failure).rejects.toMatchObject({
      name: 'LabError',
      code: 'storage-full',
      message: 'It is full.',
      advice: 'Delete a run.',
    });
    expect(await opened.page.evaluate(() => isSecureContext && 'gpu' in navigator)).toBe(true);
  } finally {
    await opened.close();
  }
});

test('data that a page stored is there for the next command, on any port', async () => {
  const profile = join(folder, 'profile');
  for (const visit of [1, 2]) {
    const opened = await open(profile);
    try {
      expect(await askLab(opened, (lab) => lab.storage(), null)).toMatchObject({ usage: visit });
    } finally {
      await opened.close();
    }
  }
});

test('a page that does not start reports its errors', async () => {
  const broken = join(folder, 'broken');
  await expect(openPage({ folders: { '/': broken }, profile: null, ready: 'lab', startSeconds: 2 })).rejects.toThrow(
    /did not start.*404/s,
  );
});
