import { describe, expect, test } from 'vitest';
import { LabError } from '../../lib/errors';
import { endsWorker, FAULTS, type WebllmFault, WebllmFaultError, webllmError, webllmFault } from './fault';

class Named extends Error {
  constructor(
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

/** Errors in the words of WebLLM 0.2.86, TVM's runtime and Chromium. */
const THROWN: readonly (readonly [name: string, message: string, WebllmFault['fault']])[] = [
  [
    'ShaderF16SupportError',
    'This model requires WebGPU extension shader-f16, which is not enabled in this browser.',
    'no-f16',
  ],
  [
    'FeatureSupportError',
    'This model requires feature subgroups, which is not yet supported by this browser.',
    'no-feature',
  ],
  ['WebGPUNotAvailableError', 'WebGPU is not supported in your current environment', 'no-gpu'],
  ['Error', 'Unable to find a compatible GPU. This issue might be because …', 'no-gpu'],
  [
    'Error',
    'Cannot initialize runtime because of requested maxBufferSize exceeds limit. requested=256MB, limit=128MB.',
    'no-gpu',
  ],
  ['ModelNotFoundError', 'Cannot find model record in appConfig for none.', 'unknown-model'],
  ['TypeError', "Failed to execute 'add' on 'Cache': Request failed", 'missing-file'],
  ['Error', 'Failed to store http://a/x.json with error: Error: Network response was not ok', 'missing-file'],
  ['TypeError', 'Failed to fetch', 'unreachable'],
  ['Error', 'Failed to store http://a/x.json with error: TypeError: Failed to fetch', 'unreachable'],
  ['SyntaxError', `Unexpected token '<', "<!doctype "... is not valid JSON`, 'web-page'],
  ['CompileError', 'WebAssembly.instantiate(): BufferSource argument is empty', 'bad-library'],
  ['CompileError', 'WebAssembly.instantiate(): expected magic word 00 61 73 6d, found 4e 6f 74 20 @+0', 'bad-library'],
  [
    'LinkError',
    'WebAssembly.instantiate(): Import #3 "env" "TVMFFIWasmSafeCall": function import requires a callable',
    'other-version',
  ],
  [
    'CompileError',
    'WebAssembly.instantiate(): Compiling or instantiating WebAssembly module violates the following Content ' +
      "Security policy directive because neither 'wasm-eval' nor 'unsafe-eval' is allowed",
    'forbidden',
  ],
  ['IntegrityError', 'Integrity verification failed for http://a/x.wasm', 'changed-file'],
  ['QuotaExceededError', "Failed to execute 'add' on 'Cache': Quota exceeded.", 'storage-full'],
  ['Error', 'Failed to store http://a/x.bin with error: QuotaExceededError', 'storage-full'],
  ['RangeError', 'WebAssembly.Memory(): could not allocate memory', 'out-of-memory'],
  ['RangeError', 'Array buffer allocation failed', 'out-of-memory'],
  [
    'ContextWindowSizeExceededError',
    'Prompt tokens exceed context window size: number of prompt tokens: 2160; context window size: 2048\nConsider …',
    'too-long',
  ],
  ['DeviceLostError', 'The WebGPU device was lost while loading the model.', 'device-lost'],
  ['Error', 'Object has already been disposed', 'device-lost'],
  ['Error', 'The current Object has already been disposed', 'device-lost'],
  ['BindingError', 'Cannot pass deleted object as a pointer of type GrammarMatcher', 'device-lost'],
  ['ModelNotLoadedError', 'Model not loaded before trying to complete ChatCompletionRequest.', 'device-lost'],
  ['GrammarMatcherInitError', 'Failed to initialize grammar matcher', 'bad-grammar'],
  ['MinValueError', 'Make sure `max_tokens` > 0', 'failed'],
  ['RangeError', 'Make sure 0 < top_logprobs <= 5', 'failed'],
];

describe('a fault', () => {
  test.each(THROWN)('of %s: %s', (name, message, fault) => {
    expect(webllmFault(new Named(name, message))).toMatchObject({ fault });
  });

  test.each(THROWN)('of a text of WebLLM’s own worker, %s: %s', (name, message) => {
    expect(webllmFault(`${name}: ${message}`)).toEqual(webllmFault(new Named(name, message)));
  });

  test('of an exception of the browser', () => {
    expect(webllmFault(new DOMException('Quota exceeded.', 'QuotaExceededError')).fault).toBe('storage-full');
  });

  test('of an error that carries it', () => {
    expect(webllmFault(new WebllmFaultError('not-stored', 'm'))).toEqual({ fault: 'not-stored', detail: 'm' });
  });

  test('of any other error keeps the first line, without its full stop, up to a limit', () => {
    expect(webllmFault('it broke.\nat line 3')).toEqual({ fault: 'failed', detail: 'it broke' });
    expect(webllmFault(new Error('x'.repeat(10_000))).detail).toHaveLength(300);
    expect(webllmFault(undefined)).toEqual({ fault: 'failed', detail: 'undefined' });
  });

  test('says how long the prompt was', () => {
    const thrown = new Named(
      'ContextWindowSizeExceededError',
      'number of prompt tokens: 2160; context window size: 2048',
    );
    expect(webllmError(webllmFault(thrown), 'M').message).toContain('2160 tokens, and it reads 2048');
  });
});

describe('its message', () => {
  test.each(FAULTS)('%s names the model and says what to do', (fault) => {
    const error = webllmError({ fault, detail: 'a detail' }, 'Llama-3.2-1B');
    expect(error).toBeInstanceOf(LabError);
    expect(error.code).toBe(fault === 'interrupted' ? 'cancelled' : 'judge-failed');
    expect(error.message).toContain('Llama-3.2-1B');
    expect(error.advice).not.toBe('');
  });

  test('is different for each', () => {
    expect(new Set(FAULTS.map((fault) => webllmError({ fault, detail: '' }, 'M').message)).size).toBe(FAULTS.length);
  });
});

test('only faults of one call do not end the worker', () => {
  expect(FAULTS.filter((fault) => !endsWorker({ fault, detail: '' }))).toEqual(['too-long', 'interrupted']);
});
