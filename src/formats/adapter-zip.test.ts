import { readFileSync } from 'node:fs';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { MAX_CONFIG_BYTES, MAX_WEIGHTS_BYTES, readAdapterFiles, writeAdapterZip } from './adapter-zip';
import { CONFIG_FILE, WEIGHTS_FILE } from './peft';

const adapter = new URL('../../e2e/golden/models/llama/adapter/', import.meta.url);
const config = readFileSync(new URL(CONFIG_FILE, adapter), 'utf8');
const weights = Uint8Array.from(readFileSync(new URL(WEIGHTS_FILE, adapter)));
const zip = writeAdapterZip({ config, weights }, '# Card\n', new Date(2025, 5, 1, 12, 30));

const file = (name: string, bytes: Uint8Array<ArrayBuffer>) => ({ name, bytes });
const refused = (message: RegExp) => ({ name: 'LabError', code: 'bad-file', message: expect.stringMatching(message) });

describe('the zip of an adapter', () => {
  it('holds the two files byte for byte, and the card', () => {
    const files = unzipSync(zip);
    expect(Object.keys(files).sort()).toEqual(['README.md', CONFIG_FILE, WEIGHTS_FILE]);
    expect(Buffer.compare(files[WEIGHTS_FILE] ?? new Uint8Array(), weights)).toBe(0);
    expect(new TextDecoder().decode(files[CONFIG_FILE])).toBe(config);
    expect(new TextDecoder().decode(files['README.md'])).toBe('# Card\n');
  });

  it('is the same for the same adapter', () => {
    expect(Buffer.compare(zip, writeAdapterZip({ config, weights }, '# Card\n', new Date(2025, 5, 1, 12, 30)))).toBe(
      0,
    );
  });
});

describe('an adapter that is imported', () => {
  it('is read from the zip, from a folder in a zip, and from the two files', async () => {
    expect(await readAdapterFiles([file('my thinker.zip', zip)])).toEqual({ name: 'my thinker', config, weights });
    const nested = zipSync({
      'thinker/': new Uint8Array(),
      [`thinker/${CONFIG_FILE}`]: strToU8(config),
      [`thinker/${WEIGHTS_FILE}`]: weights,
      [`__MACOSX/thinker/${CONFIG_FILE}`]: strToU8('resource fork'),
      'thinker/notes.txt': strToU8('not read'),
    });
    expect(await readAdapterFiles([file('a.ZIP', nested)])).toEqual({ name: 'a', config, weights });
    expect(await readAdapterFiles([file(WEIGHTS_FILE, weights), file(CONFIG_FILE, strToU8(config))])).toEqual({
      name: 'adapter',
      config,
      weights,
    });
  });

  it('is copied out of the archive’s buffer', async () => {
    const read = await readAdapterFiles([file('a.zip', zip)]);
    expect(read.weights.buffer.byteLength).toBe(weights.byteLength);
  });

  it.each<[string, readonly { name: string; bytes: Uint8Array<ArrayBuffer> }[], RegExp]>([
    ['nothing', [], /adapter_config\.json is missing/],
    ['one file of two', [file(CONFIG_FILE, strToU8(config))], /adapter_model\.safetensors is missing/],
    ['a pickle', [file(CONFIG_FILE, strToU8(config)), file('adapter_model.bin', weights)], /pickle/],
    [
      'a file twice',
      [file(CONFIG_FILE, strToU8(config)), file(CONFIG_FILE, strToU8(config)), file(WEIGHTS_FILE, weights)],
      /more than once/,
    ],
    ['no zip', [file('a.zip', strToU8('hello'))], /missing/],
    ['a truncated zip', [file('a.zip', zip.slice(0, 2000))], /not a readable zip archive/],
    ['an empty zip', [file('a.zip', zipSync({}))], /missing/],
    [
      'a zip with two adapters',
      [file('a.zip', zipSync({ [`a/${CONFIG_FILE}`]: strToU8(config), [`b/${CONFIG_FILE}`]: strToU8(config) }))],
      /more than once/,
    ],
    [
      'a configuration that is not text',
      [file(CONFIG_FILE, Uint8Array.of(0xff, 0xfe)), file(WEIGHTS_FILE, weights)],
      /not UTF-8/,
    ],
    [
      'a configuration beyond measure',
      [file(CONFIG_FILE, new Uint8Array(MAX_CONFIG_BYTES + 1)), file(WEIGHTS_FILE, weights)],
      /are allowed/,
    ],
    [
      'weights that are cut',
      [file(CONFIG_FILE, strToU8(config)), file(WEIGHTS_FILE, weights.slice(0, -8))],
      /safetensors/,
    ],
    [
      'weights of another rank',
      [file(CONFIG_FILE, strToU8(config.replace('"r": 4', '"r": 8'))), file(WEIGHTS_FILE, weights)],
      /rank 8/,
    ],
  ])('is refused with a message: %s', async (_what, files, message) => {
    await expect(readAdapterFiles(files)).rejects.toMatchObject(refused(message));
  });

  it('is refused before it unpacks to more than is allowed', async () => {
    const bomb = zipSync({ [CONFIG_FILE]: new Uint8Array(MAX_CONFIG_BYTES) }, { level: 9 });
    await expect(readAdapterFiles([file('bomb.zip', bomb)])).rejects.toMatchObject(refused(/100 times/));

    const huge = Uint8Array.from(zip);
    const declared = directoryEntry(huge, WEIGHTS_FILE) + 24;
    new DataView(huge.buffer).setUint32(declared, MAX_WEIGHTS_BYTES + 1, true);
    await expect(readAdapterFiles([file('huge.zip', huge)])).rejects.toMatchObject(refused(/are allowed/));
  });

  it('with a false size gets no more memory than it declared, and is refused', async () => {
    const lying = zipSync({ [CONFIG_FILE]: strToU8(config), [WEIGHTS_FILE]: weights }, { level: 9 });
    new DataView(lying.buffer).setUint32(directoryEntry(lying, WEIGHTS_FILE) + 24, 4096, true);
    await expect(readAdapterFiles([file('a.zip', lying)])).rejects.toMatchObject(refused(/./));
  });
});

/** Position of a file's record in the central directory: its signature is 46 bytes before the name. */
function directoryEntry(archive: Uint8Array, name: string): number {
  return Buffer.from(archive).lastIndexOf(name) - 46;
}
