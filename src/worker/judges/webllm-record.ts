/** A model that the user adds to WebLLM's list: its name and its two addresses, checked. */
import { LabError } from '../../lib/errors';

export interface WebllmAddresses {
  readonly id: string;
  /** Of the folder of the weights. */
  readonly model: string;
  /** Of the compiled kernels. */
  readonly modelLib: string;
}

const ID = /^[\w.-]{1,100}$/;

/**
 * @param base address of the page: what is relative is relative to it
 * @throws LabError bad-file
 */
export function checkedRecord({ id, model, modelLib }: WebllmAddresses, base: string): WebllmAddresses {
  if (!ID.test(id))
    throw bad('A model’s name has letters, digits, dots, dashes and underscores, at most 100 of them.');
  const folder = checkedAddress(model, base, 'weights');
  return {
    id,
    model: folder.endsWith('/') ? folder : `${folder}/`,
    modelLib: checkedAddress(modelLib, base, 'library'),
  };
}

/** The folder itself: the last revision, as WebLLM takes it, where the address names none. */
export const folderOf = (model: string): string => (/\/resolve\/.+\//.test(model) ? model : `${model}resolve/main/`);

function checkedAddress(text: string, base: string, what: string): string {
  if (!URL.canParse(text.trim(), base) || text.trim() === '') throw bad(`The address of the ${what} is none.`);
  const url = new URL(text.trim(), base);
  const local =
    url.hostname === 'localhost' ||
    url.hostname.endsWith('.localhost') ||
    /^(127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  const safe =
    url.protocol === 'https:' || (url.protocol === 'http:' && (local || url.origin === new URL(base).origin));
  if (!safe) throw bad(`The address of the ${what} is neither https nor on this machine.`);
  if (url.username !== '' || url.password !== '')
    throw bad(`The address of the ${what} holds a password, which would be stored.`);
  url.hash = '';
  return url.href;
}

const bad = (message: string): LabError =>
  new LabError(
    'bad-file',
    message,
    'Nothing was added. Give the folder that holds mlc-chat-config.json, and the model’s .wasm.',
  );
