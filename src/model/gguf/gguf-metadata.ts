/** Reads the metadata of a GGUF file. Each value is checked when it is read. */
import * as v from 'valibot';
import type { Gguf } from '../../formats/gguf/gguf';
import { LabError } from '../../lib/errors';

export const COUNT = v.pipe(
  v.number('is not a number'),
  v.integer('is not a whole number'),
  v.minValue(0, 'is negative'),
);
export const NUMBER = v.pipe(v.number('is not a number'), v.finite('is not finite'));
export const FLAG = v.boolean('is neither true nor false');
export const TEXT = v.string('is not a text');
// Lists of a vocabulary have hundreds of thousands of entries, so each is checked once and never copied.
export const TEXTS = v.custom<readonly string[]>(
  (x) => Array.isArray(x) && x.every((e) => typeof e === 'string'),
  'is not a list of texts',
);
export const NUMBERS = v.custom<readonly number[]>(
  (x) => Array.isArray(x) && x.every(Number.isFinite),
  'is not a list of numbers',
);

/** The value of a key. @throws LabError bad-file if it is missing or has another type */
export function ggufValue<S extends v.GenericSchema>(gguf: Gguf, key: string, schema: S): v.InferOutput<S> {
  const value = optionalGgufValue(gguf, key, schema);
  if (value === undefined) throw badMetadata(gguf, `${key} is missing`);
  return value;
}

/**
 * The value of a key. Undefined if the file does not have it.
 * @throws LabError bad-file if the value has another type
 */
export function optionalGgufValue<S extends v.GenericSchema>(
  gguf: Gguf,
  key: string,
  schema: S,
): v.InferOutput<S> | undefined {
  const value = gguf.metadata.get(key);
  if (value === undefined) return undefined;
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw badMetadata(gguf, `${key} ${parsed.issues[0].message}`);
  return parsed.output;
}

export function badMetadata(gguf: Gguf, what: string): LabError {
  return new LabError('bad-file', `${gguf.name}: ${what}.`, 'Download or convert the file again.');
}
