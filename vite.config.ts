import { readFileSync } from 'node:fs';
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
  buildStart() {
    for (const file of SELF_TEST_FILES) {
      const source = readFileSync(new URL(`e2e/golden/models/llama/${file}`, import.meta.url));
      this.emitFile({ type: 'asset', fileName: `self-test/${file}`, source });
    }
  },
};

/** Hides the bundler's timings of its plugins, which would be the first thing that a visitor reads. */
const checks = { bundlerTimings: false };

export default defineConfig({
  // Relative addresses: the page works under any sub-path of any host.
  base: './',
  plugins: [react(), relaxedPolicyInDevelopment, selfTestNumbers],
  worker: { format: 'es', rolldownOptions: { checks } },
  build: {
    target: 'es2023',
    // The policy allows no data: scripts or fonts, and every browser with WebGPU preloads modules.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: true,
    rolldownOptions: { checks },
  },
});
