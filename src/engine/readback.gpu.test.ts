import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import { browserGpu, Device } from './device';
import { READBACK_USAGE, Readback } from './readback';

const USAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
const WORDS = 100;

/** A device with a buffer of the words 0 … 99 and a staging buffer of 64 bytes: most reads take several pieces. */
async function open() {
  const device = await Device.open(browserGpu());
  const [source, staging] = await device.allocate([
    { label: 'source', bytes: WORDS * 4, usage: USAGE },
    { label: 'staging', bytes: 64, usage: READBACK_USAGE },
  ]);
  if (source === undefined || staging === undefined) throw new Error('two buffers were asked for');
  device.gpu.queue.writeBuffer(
    source,
    0,
    Uint32Array.from({ length: WORDS }, (_, i) => i),
  );
  return { device, source, readback: new Readback(device, staging) };
}

const run = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const words = (contents: ArrayBuffer) => [...new Uint32Array(contents)];

describe('readback', () => {
  let lab: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    lab = await open();
  });
  afterAll(() => lab.device.destroy());

  it.each([1, 15, 16, 17, 48, 100])('%d words, more or fewer than the staging buffer holds', async (count) => {
    const [contents] = await lab.readback.read([{ buffer: lab.source, bytes: count * 4 }]);
    expect(words(contents ?? new ArrayBuffer())).toEqual(run(0, count));
  });

  it('several parts, in order', async () => {
    const parts = [
      { offset: 4 * 50, bytes: 4 * 3 },
      { offset: 0, bytes: 4 * 40 },
      { offset: 4 * 99, bytes: 4 },
    ];
    const contents = await lab.readback.read(parts.map((part) => ({ buffer: lab.source, ...part })));
    expect(contents.map(words)).toEqual([run(50, 3), run(0, 40), run(99, 1)]);
    expect(await lab.readback.read([])).toEqual([]);
  });

  it('overlapping reads wait for each other, and see all work submitted before them', async () => {
    const first = lab.readback.read([{ buffer: lab.source, bytes: 4 * WORDS }]);
    const second = lab.readback.read([{ buffer: lab.source, offset: 4 * 10, bytes: 4 * 20 }]);
    expect(words((await second)[0] ?? new ArrayBuffer())).toEqual(run(10, 20));
    expect(words((await first)[0] ?? new ArrayBuffer())).toEqual(run(0, WORDS));
  });
});

it.each(['before a read', 'during a read'])('a device lost %s causes an error, not zeros', async (when) => {
  const { device, source, readback } = await open();
  const read = () => readback.read([{ buffer: source, bytes: 4 * WORDS }]).catch((error: unknown) => error);
  const during = when === 'during a read' ? read() : undefined;
  device.destroy();
  if (during === undefined) await device.lost;
  const error = await (during ?? read());
  expect(error).toBeInstanceOf(LabError);
  expect(error).toMatchObject({ code: 'device-lost' });
});
