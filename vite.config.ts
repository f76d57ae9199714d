import { readFile } from 'node:fs/promises';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { SELF_TEST_FILES } from './src/worker/device/self-test-files.ts';

/** Hot reloading needs inline scripts, inline styles and a socket; the built page has none of them. */
const relaxedPolicyInDevelopment: Plugin = {
  name: 'relaxed-policy-in-development',
  apply: 'serve',
  transformIndexHtml: (html) =>
    html
      .replace("script-src 'self'", "script-src 'self' 'unsafe-inline'")
      .replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
      .replace("connect-src 'self'", "connect-src 'self' ws:"),
};

/** The numbers of PyTorch that the self-test of the device compares with. In development the server has them anyway. */
const selfTestNumbers: Plugin = {
  name: 'self-test-numbers',
  apply: 'build',
  async buildStart() {
    for (const file of SELF_TEST_FILES) {
      const source = await readFile(new URL(`e2e/golden/models/llama/${file}`, import.meta.url));
      this.emitFile({ type: 'asset', fileName: `self-test/${file}`, source });
    }
  },
};

/**
 * Leaves comments and indentation of shaders out of the built page. They are a third of the shaders, and the page has a
 * budget for what it loads at the start. `// @unroll` is an instruction to src/engine/unroll.ts and stays.
 */
const shadersWithoutComments: Plugin = {
  name: 'shaders-without-comments',
  apply: 'build',
  enforce: 'pre',
  async load(id) {
    const [file = '', query] = id.split('?');
    if (!file.endsWith('.wgsl') || query !== 'raw') return null;
    const code = (await readFile(file, 'utf8')).replace(/\/\/(?! @unroll\b).*$/gm, '').replace(/^\s+|[ \t]+$/gm, '');
    return `export default ${JSON.stringify(code)}`;
  },
};

/** Hides the bundler's timings of its plugins, which would be the first thing that a visitor reads. */
const checks = { bundlerTimings: false };

export default defineConfig({
  // Relative addresses: the page works under any sub-path of any host.
  base: './',
  plugins: [react(), relaxedPolicyInDevelopment, shadersWithoutComments, selfTestNumbers],
  worker: { format: 'es', plugins: () => [shadersWithoutComments], rolldownOptions: { checks } },
  build: {
    target: 'es2023',
    // The policy allows no data: scripts or fonts, and every browser with WebGPU preloads modules.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: true,
    rolldownOptions: { checks },
  },
});
