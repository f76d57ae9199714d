/**
 * The only access to WebGPU: a device with all features and limits of its adapter, a ledger of its memory, allocation
 * inside an error scope, and a promise that reports the loss of the device. It takes a `GPU` object (the browser's,
 * or Dawn's in Node) and does not use the DOM.
 */
import { LabError } from '../lib/errors';

const WANTED_FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'] as const;
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupStorageSize',
  'maxStorageBuffersPerShaderStage',
] as const;

/** Limits that the kernels need. Both are WebGPU's defaults. */
const NEEDED = { maxStorageBuffersPerShaderStage: 8, maxComputeInvocationsPerWorkgroup: 256 } as const;

export const HOW_TO_GET_WEBGPU =
  'Use Chrome or Edge 121 or newer with hardware acceleration on (chrome://settings/system); ' +
  'on Linux also turn on chrome://flags/#enable-unsafe-webgpu.';

/** The browser's WebGPU. Undefined where the browser has none. */
export function browserGpu(): GPU | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.gpu;
}

/** Bytes of the buffers on a device, now and at most. The plan predicts `peak`. */
export class Ledger {
  private readonly buffers = new Set<GPUBuffer>();
  private currentBytes = 0;
  private peakBytes = 0;

  get current(): number {
    return this.currentBytes;
  }

  /** The largest value of `current` so far, or since `restart`. */
  get peak(): number {
    return this.peakBytes;
  }

  /** Forgets the peak. */
  restart(): void {
    this.peakBytes = this.currentBytes;
  }

  add(buffer: GPUBuffer): void {
    this.buffers.add(buffer);
    this.currentBytes += buffer.size;
    this.peakBytes = Math.max(this.peakBytes, this.currentBytes);
  }

  remove(buffer: GPUBuffer): void {
    if (this.buffers.delete(buffer)) this.currentBytes -= buffer.size;
  }
}

const MORE_MEMORY =
  'Close other tabs and programs that use graphics memory, or lower lanes, pairs per step or the length limit.';

export class Device {
  readonly ledger = new Ledger();
  /** The first error, after which no result of the device may be used. */
  private fault: LabError | null = null;
  /** Resolves with an error when the device is lost, and when `destroy` is called. */
  readonly lost: Promise<LabError>;

  private constructor(
    readonly adapter: GPUAdapter,
    readonly gpu: GPUDevice,
  ) {
    this.lost = gpu.lost.then((info) => {
      const error = new LabError(
        'device-lost',
        `The graphics device was lost${info.message ? `: ${info.message}` : '.'}`,
        'Finished work is stored. The run continues from its last training step or prompt.',
      );
      this.fault ??= error;
      return error;
    });
    // WebGPU reports a command that it refuses here and nowhere else. The command then writes nothing, and later
    // commands read what was in its buffers before.
    gpu.addEventListener('uncapturederror', ({ error }) => {
      this.fault ??= faultOf(error);
    });
  }

  /** @throws LabError no-webgpu, adapter-limits */
  static async open(gpu: GPU | undefined): Promise<Device> {
    if (gpu === undefined) throw new LabError('no-webgpu', 'This browser has no WebGPU.', HOW_TO_GET_WEBGPU);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) {
      throw new LabError(
        'no-webgpu',
        'This browser has WebGPU, but it found no graphics adapter that it may use.',
        HOW_TO_GET_WEBGPU,
      );
    }
    for (const [name, needed] of Object.entries(NEEDED) as [keyof typeof NEEDED, number][]) {
      if (adapter.limits[name] < needed) {
        throw new LabError(
          'adapter-limits',
          `This graphics adapter allows ${name} = ${adapter.limits[name]}; ${needed} are needed.`,
          'Use another graphics adapter or another machine.',
        );
      }
    }
    const requiredFeatures = WANTED_FEATURES.filter((feature) => adapter.features.has(feature));
    const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]]));
    const device = await adapter.requestDevice({ label: 'thinking lab', requiredFeatures, requiredLimits });
    return new Device(adapter, device);
  }

  get limits(): GPUSupportedLimits {
    return this.gpu.limits;
  }

  /** For example "SwiftShader Device (Subzero)" or "Apple M2". */
  get name(): string {
    const info = this.adapter.info;
    return (
      info.description || [info.vendor, info.architecture, info.device].filter(Boolean).join(' ') || 'unnamed adapter'
    );
  }

  /** True for an adapter without a GPU: a fallback adapter or a known software rasteriser. */
  get isSoftware(): boolean {
    const info = this.adapter.info;
    const names = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
    return info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render/i.test(names);
  }

  /**
   * Nothing that the device computed may be used after a loss or a refused command.
   * @throws LabError device-lost, gpu-error, out-of-memory
   */
  check(): void {
    if (this.fault !== null) throw this.fault;
  }

  /**
   * Allocates all buffers or none, inside an out-of-memory scope: without one, a failed allocation shows only as
   * wrong numbers.
   * @throws LabError out-of-memory, device-lost, gpu-error
   */
  async allocate(
    requests: readonly { label: string; bytes: number; usage: GPUBufferUsageFlags }[],
  ): Promise<GPUBuffer[]> {
    this.check();
    this.gpu.pushErrorScope('validation');
    this.gpu.pushErrorScope('out-of-memory');
    const buffers = requests.map(({ label, bytes, usage }) => {
      const buffer = this.gpu.createBuffer({ label, size: bufferBytes(bytes), usage });
      this.ledger.add(buffer);
      return buffer;
    });
    // Both scopes are popped before another call can push one: scopes are a stack.
    const [outOfMemory, invalid] = await Promise.all([this.gpu.popErrorScope(), this.gpu.popErrorScope()]);
    this.check();
    if (outOfMemory !== null || invalid !== null) {
      for (const buffer of buffers) this.free(buffer);
      const total = requests.reduce((sum, request) => sum + request.bytes, 0);
      throw new LabError(
        'out-of-memory',
        `The graphics device could not allocate ${(total / 2 ** 20).toFixed(0)} MiB (${requests
          .map((r) => r.label)
          .slice(0, 3)
          .join(', ')}).`,
        MORE_MEMORY,
        { cause: outOfMemory ?? invalid },
      );
    }
    return buffers;
  }

  free(buffer: GPUBuffer): void {
    this.ledger.remove(buffer);
    buffer.destroy();
  }

  /**
   * As `check`, once a loss that has already happened is known.
   * @throws LabError device-lost, gpu-error, out-of-memory
   */
  async settleLoss(): Promise<void> {
    await Promise.race([this.lost, Promise.resolve()]);
    this.check();
  }

  destroy(): void {
    this.gpu.destroy();
  }
}

function faultOf(error: GPUError): LabError {
  const cause = { cause: error };
  if (error instanceof GPUOutOfMemoryError)
    return new LabError('out-of-memory', 'The graphics device ran out of memory.', MORE_MEMORY, cause);
  return new LabError(
    'gpu-error',
    `The graphics device refused a command: ${error.message.split('\n')[0]}`,
    'Nothing that was computed since is saved; everything before is. Run the self-test under Models → This device, ' +
      'and send its report.',
    cause,
  );
}

/** Size of a buffer: a multiple of 16 bytes, and never empty, because a binding cannot be. */
export function bufferBytes(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16);
}
