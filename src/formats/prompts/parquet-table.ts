/** Parquet as a table of prompts. This module is loaded when the first Parquet file is read. */
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors, decompressZstd } from 'hyparquet-compressors';
import { LabError } from '../../lib/errors';
import {
  FEWER_COLUMNS,
  isUnreadable,
  MAX_COLUMNS,
  MAX_PARQUET_FILE,
  MAX_PARQUET_UNPACKED,
  MAX_TABLE_ROWS,
  megabytes,
  type PromptTable,
  recordOf,
  unreadable,
} from './table';

/** Values in one column. In a nested column every element counts. */
const MAX_VALUES = 20_000_000;

type Decompress = (input: Uint8Array, outputLength: number) => Uint8Array;

/** @throws LabError bad-prompts */
export async function readParquetTable(name: string, blob: Blob): Promise<PromptTable> {
  if (blob.size > MAX_PARQUET_FILE) {
    throw unreadable(
      `${name} has ${megabytes(blob.size)}; Parquet files are read up to ${megabytes(MAX_PARQUET_FILE)}.`,
      'Write fewer rows or fewer columns into it.',
    );
  }
  const file = { byteLength: blob.size, slice: (start: number, end?: number) => blob.slice(start, end).arrayBuffer() };
  try {
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    const columns = metadata.schema[0]?.num_children ?? 0;
    if (columns > MAX_COLUMNS)
      throw unreadable(`${name} has ${columns} columns; ${MAX_COLUMNS} are read.`, FEWER_COLUMNS);
    let unpacked = 0;
    let rows = 0;
    for (const group of metadata.row_groups) {
      if (rows >= MAX_TABLE_ROWS) break;
      rows += Number(group.num_rows);
      for (const { meta_data } of group.columns) {
        unpacked += Number(meta_data?.total_uncompressed_size ?? 0);
        const values = Number(meta_data?.num_values ?? 0);
        if (values > MAX_VALUES) {
          throw unreadable(
            `${name} has a column of ${values} values; ${MAX_VALUES} are read.`,
            'Write fewer rows into it.',
          );
        }
      }
    }
    if (unpacked > MAX_PARQUET_UNPACKED) throw tooLarge(name, unpacked);
    const total = Number(metadata.num_rows);
    const values = await parquetReadObjects({
      ...{ file, metadata, geoparquet: false, compressors: bounded(name) },
      rowEnd: Math.min(total, MAX_TABLE_ROWS),
    });
    const records = values.map((value, i) => recordOf(i + 1, value));
    const names = Object.keys(values[0] ?? {});
    return { format: 'parquet', unit: 'row', columns: names, records, more: total > MAX_TABLE_ROWS };
  } catch (error) {
    if (error instanceof LabError || isUnreadable(error)) throw error;
    // The library's messages name offsets and pages, which do not help the user.
    throw unreadable(
      `${name} is damaged, or uses features of Parquet that are not supported.`,
      'Download it again, or write it again, for example with pyarrow.',
      error,
    );
  }
}

const tooLarge = (name: string, bytes: number): LabError =>
  unreadable(
    `${name} unpacks to ${megabytes(bytes)}; ${megabytes(MAX_PARQUET_UNPACKED)} are read.`,
    'Write fewer rows or fewer columns into it.',
  );

/** Decompressors that limit the declared sizes of all pages together. */
function bounded(name: string): Record<string, Decompress> {
  let unpacked = 0;
  const known: Readonly<Record<string, Decompress | undefined>> = {
    ...compressors,
    // Given a buffer of the declared size: without one it would allocate whatever the frame holds.
    ZSTD: (input, outputLength) => decompressZstd(input, new Uint8Array(outputLength)),
  };
  return Object.fromEntries(
    Object.entries(known).flatMap(([codec, decompress]) => {
      if (decompress === undefined) return [];
      const within: Decompress = (input, outputLength) => {
        unpacked += outputLength;
        if (!(unpacked <= MAX_PARQUET_UNPACKED)) throw tooLarge(name, unpacked);
        return decompress(input, outputLength);
      };
      return [[codec, within]];
    }),
  );
}
