/** WebLLM's record of a model: its name and its two addresses. Also what can be read from the name alone. */
import { LabError } from '../../lib/errors';

export interface WebllmRecord {
  readonly id: string;
  /** URL of the folder with the weights. WebLLM appends `resolve/main/` if it contains no `resolve/`. */
  readonly model: string;
  /** URL of the compiled kernels (.wasm). */
  readonly modelLib: string;
}

/** Whether a model computes in 16 bits, by its name: `…-q4f16_1-MLC`. WebLLM's records do not always say so. */
export const needsF16 = (id: string): boolean => /-q\df16/.test(id);

/**
 * Bits per weight for each format in a model's name. Below 16 bits, groups of 32 weights (40 at 3 bits) share a scale
 * of 16 or 32 bits.
 */
const BITS: Readonly<Record<string, number>> = { q0f16: 16, q0f32: 32, q3f16: 3.6, q4f16: 4.5, q4f32: 5 };

/** Bytes of the weights by a name such as `…-1.5B-…-q4f16_1-…`, within a third; null if the name does not say. */
export function nominalBytes(id: string): number | null {
  const [, amount, unit] = /[-_](\d+(?:[._]\d+)?)([bm])(?=[-_])/i.exec(id) ?? [];
  const [, format = ''] = /-(q\df(?:16|32))/.exec(id) ?? [];
  const bits = BITS[format];
  if (amount === undefined || unit === undefined || bits === undefined) return null;
  const parameters = Number(amount.replace('_', '.')) * (unit.toLowerCase() === 'b' ? 1e9 : 1e6);
  return Number(((parameters * bits) / 8).toPrecision(2));
}

const ID = /^[\w.-]{1,100}$/;

/**
 * Checks a model that the user adds.
 * @param base URL of the page, to which relative addresses refer
 * @throws LabError bad-file
 */
export function checkedRecord({ id, model, modelLib }: WebllmRecord, base: string): WebllmRecord {
  if (!ID.test(id)) {
    throw bad('A model’s name consists of at most 100 letters, digits, dots, dashes and underscores.');
  }
  const folder = checkedUrl(model, base, 'weights');
  return {
    id,
    model: folder.endsWith('/') ? folder : `${folder}/`,
    modelLib: checkedUrl(modelLib, base, 'library'),
  };
}

/** The URL of the files: as WebLLM does, the latest revision if the address names none. */
export const folderOf = (model: string): string => (/\/resolve\/.+\//.test(model) ? model : `${model}resolve/main/`);

function checkedUrl(text: string, base: string, what: string): string {
  if (!URL.canParse(text.trim(), base) || text.trim() === '') throw bad(`The address of the ${what} is not valid.`);
  const url = new URL(text.trim(), base);
  const local =
    url.hostname === 'localhost' ||
    url.hostname.endsWith('.localhost') ||
    /^(127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  const safe =
    url.protocol === 'https:' || (url.protocol === 'http:' && (local || url.origin === new URL(base).origin));
  if (!safe) throw bad(`The address of the ${what} is neither https nor on this machine.`);
  if (url.username !== '' || url.password !== '') {
    throw bad(`The address of the ${what} contains a password, which would be stored.`);
  }
  url.hash = '';
  return url.href;
}

const bad = (message: string): LabError =>
  new LabError(
    'bad-file',
    message,
    'Nothing was added. Give the folder that contains mlc-chat-config.json, and the model’s .wasm.',
  );
