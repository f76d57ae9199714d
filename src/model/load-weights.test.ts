/** Memory of the page while weights are loaded: the same two slices, whatever the size of a tensor. */
import { expect, test } from 'vitest';
import type { Device } from '../engine/device';
import { GGML_BLOCKS, type GgmlType } from '../formats/ggml-types';
import type { TensorFile, TensorInfo } from '../formats/tensor-file';
import { parseConfig } from './config';
import { loadWeights } from './load-weights';
import { tensorList } from './tensor-list';
import { layOutWeights } from './weights';

// Node has no WebGPU.
Object.assign(globalThis, { GPUBufferUsage: { STORAGE: 128, COPY_DST: 8 } });

const config = parseConfig({
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: 2,
  hidden_size: 512,
  num_attention_heads: 8,
  intermediate_size: 1536,
  vocab_size: 100_000,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: false,
});

/**
 * Records every buffer that was allocated or written, and the most bytes in flight between two waits for the device.
 */
class Seen {
  readonly memory = new Set<ArrayBufferLike>();
  written = 0;
  mostInFlight = 0;
  private inFlight = 0;

  readonly file = (matrices: GgmlType): TensorFile => {
    const tensors = new Map<string, TensorInfo>();
    for (const [name, { dtype, shape }] of tensorList(config, { matrices, vectors: 'F32' })) {
      const { values, bytes } = GGML_BLOCKS[dtype];
      tensors.set(name, { dtype, shape, offset: 0, length: (shape.reduce((a, b) => a * b, 1) / values) * bytes });
    }
    return {
      tensors,
      metadata: {},
      read: () => Promise.reject(new Error('a tensor was read whole')),
      readRows: async (name, first, end, allocate = (bytes) => new Uint8Array(bytes)) => {
        const { shape, length } = tensors.get(name) as TensorInfo;
        const rows = allocate(((end - first) * length) / (shape[0] as number));
        this.memory.add(rows.buffer);
        return rows;
      },
    };
  };

  readonly device = {
    allocate: async (requests: readonly unknown[]) => requests.map(() => ({})),
    free: () => {},
    check: () => {},
    gpu: {
      queue: {
        writeBuffer: (_buffer: unknown, _offset: number, { buffer, byteLength }: Uint8Array) => {
          this.memory.add(buffer);
          this.written += byteLength;
          this.inFlight += byteLength;
          this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
        },
        onSubmittedWorkDone: async () => {
          this.inFlight = 0;
        },
      },
    },
  };
}

test.each(['F32', 'Q8_0', 'Q4_1'] as const)(
  'a model of %s is loaded through two slices of memory',
  async (matrices) => {
    const seen = new Seen();
    const file = seen.file(matrices);
    const layout = layOutWeights(config, file.tensors, { maxStorageBufferBindingSize: 2 ** 30, expand: false });
    await loadWeights(seen.device as unknown as Device, file, layout);

    const largest = Math.max(...[...file.tensors.values()].map(({ length }) => length));
    const held = [...seen.memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(seen.written).toBeGreaterThan(2 * largest);
    expect(held).toBeLessThan(20 * 2 ** 20);
    expect(held).toBeLessThan(largest);
    expect(seen.mostInFlight).toBeLessThanOrEqual(40 * 2 ** 20);
  },
);
