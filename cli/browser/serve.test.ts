import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fileOf, serve } from './serve';

const folder = mkdtempSync(join(tmpdir(), 'serve-'));
writeFileSync(join(folder, 'index.html'), '<p>lab</p>');
writeFileSync(join(folder, 'x.wasm'), 'w');
afterAll(() => rmSync(folder, { recursive: true }));

it('serves files with their types, under a prefix, and nothing else', async () => {
  const site = await serve({ '/some/lab/': folder });
  try {
    const page = await fetch(site.url);
    expect(site.url).toMatch(/\/some\/lab\/$/);
    expect(await page.text()).toBe('<p>lab</p>');
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect((await fetch(new URL('x.wasm?v=1', site.url))).headers.get('content-type')).toBe('application/wasm');
    expect((await fetch(new URL('none.js', site.url))).status).toBe(404);
    expect((await fetch(new URL('/', site.url))).status).toBe(404);
  } finally {
    await site.close();
  }
});

it('takes the next free port', async () => {
  const first = await serve({ '/': folder });
  const second = await serve({ '/': folder }, first.port);
  expect(second.port).toBeGreaterThan(first.port);
  await Promise.all([first.close(), second.close()]);
});

it('stays inside its folders', () => {
  const folders = { '/': '/site', '/private/': '/files' };
  expect(fileOf(folders, '/')).toBe(join('/site', 'index.html'));
  expect(fileOf(folders, '/a%20b.json')).toBe(join('/site', 'a b.json'));
  expect(fileOf(folders, '/private/m/config.json')).toBe(join('/files', 'm/config.json'));
  for (const url of ['/%2e%2e%2fsecret', '/..%2f..%2fsecret', '/%2fetc/passwd', '/a%00b', '/%E0%A4%A']) {
    expect(fileOf(folders, url), url).toBeNull();
  }
});
