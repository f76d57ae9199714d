import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chosenAdapter, chromeFlags } from './cli/browser/chrome.ts';
import { findChrome } from './cli/browser/find-chrome.mjs';

// Node's tests need none; the browser's then fail and say so.
const executablePath = findChrome();
const gpuTests = ['src/**/*.gpu.test.ts'];

export default defineConfig({
  test: {
    // By default one worker less than there are cores.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'cli/**/*.test.ts'],
          exclude: ['**/*.gpu.test.ts', '**/*.browser.test.ts'],
          environment: 'node',
          // Twins of whole models compute in f64; a loaded machine takes its time.
          testTimeout: 60_000,
        },
      },
      {
        // Real Chromium: kernels, and what needs the browser's own storage.
        // Known beforehand: a dependency that Vite meets during the run makes it reload the tests.
        optimizeDeps: {
          include: [
            '@huggingface/hub',
            '@huggingface/jinja',
            '@huggingface/tokenizers',
            'comlink',
            'fflate',
            'hash-wasm',
            'hyparquet',
            'hyparquet-compressors',
            'idb',
            'idb-keyval',
            'lucide-react',
            '@mlc-ai/web-llm',
            'onnxruntime-web/jspi',
            'onnxruntime-web/wasm',
            'papaparse',
            'react',
            'react-dom',
            'react-dom/client',
            'react/jsx-dev-runtime',
            'valibot',
            'zustand/react',
            'zustand/react/shallow',
            'zustand/vanilla',
          ],
        },
        test: {
          name: 'gpu-chromium',
          include: [...gpuTests, 'src/**/*.browser.test.ts'],
          setupFiles: ['cli/gpu/chromium.setup.ts'],
          globalSetup: ['cli/test/hub/hub.setup.ts', 'cli/test/judge/judge.setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                ...(executablePath !== null && { executablePath }),
                args: chromeFlags(chosenAdapter('software')),
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        // The same kernels on another implementation and another driver.
        test: {
          name: 'gpu-dawn',
          include: gpuTests,
          environment: 'node',
          setupFiles: ['cli/gpu/dawn.setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          pool: 'forks',
          fileParallelism: false,
          isolate: false,
        },
      },
    ],
  },
});
