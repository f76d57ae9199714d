import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

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

/** No report of how long each plugin took: it is not about the page, and it would be the first thing a visitor reads. */
const checks = { bundlerTimings: false };

export default defineConfig({
  // Relative addresses: the page works under any sub-path of any host.
  base: './',
  plugins: [react(), relaxedPolicyInDevelopment],
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
