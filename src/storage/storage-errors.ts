/** Turns the browser's storage errors into LabErrors. */
import { LabError } from '../lib/errors';

function storageFull(cause: unknown): LabError {
  return new LabError(
    'storage-full',
    'The browser has no room left to store this run.',
    'Everything that was saved is safe: delete old runs or free space on the disk, then continue this run.',
    { cause },
  );
}

export function noRoomForPrompts(cause: unknown): LabError {
  return new LabError(
    'storage-full',
    'The browser has no room left for these prompts.',
    'Nothing was imported, and stored data is safe. Delete old runs or models, or free space on the disk, then retry.',
    { cause },
  );
}

/** @param free bytes, if known */
export function noRoomForModel(bytes: number, free: number | null, cause?: unknown): LabError {
  return new LabError(
    'storage-full',
    free === null
      ? 'The browser has no room left to store this model.'
      : `This model needs ${size(bytes)} more, and the browser has room for ${size(Math.max(0, free))}.`,
    'Nothing is lost: delete other models or runs, or free space on the disk, then continue.',
    { cause },
  );
}

const size = (bytes: number): string =>
  bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;

export function noStorage(message: string, advice: string, cause?: unknown): LabError {
  return new LabError('no-storage', message, advice, { cause });
}

const nameOf = (error: unknown) => (error instanceof Error || error instanceof DOMException ? error.name : '');
const messageOf = (error: unknown) => (error instanceof Error || error instanceof DOMException ? error.message : '');

/** Converts an error of an operation on an open database to a LabError if its reason is known. */
export function toStorageError(error: unknown): unknown {
  switch (nameOf(error)) {
    case 'QuotaExceededError':
      return storageFull(error);
    case 'DataError':
      // Chromium stores values above 64 KiB in separate files. It reports this if the disk is full but the quota is
      // not.
      if (messageOf(error).includes('write blobs')) return storageFull(error);
      if (messageOf(error).includes('read large IndexedDB value')) return damaged(error);
      return error;
    case 'NotReadableError':
      return damaged(error);
    case 'UnknownError':
      return noStorage(
        'The browser could not read or write its storage.',
        'What was saved is most likely safe: check that the disk has room, restart the browser, and continue.',
        error,
      );
    default:
      return error;
  }
}

/** Converts an error of opening a database to a LabError if its reason is known. */
export function toOpenError(error: unknown): unknown {
  switch (nameOf(error)) {
    case 'VersionError':
      return noStorage(
        'The stored data was written by a newer version of this page.',
        'Nothing is lost: reload the page to get the newer version.',
        error,
      );
    case 'SecurityError':
    case 'InvalidStateError':
    case 'NotAllowedError':
      return notAvailable(error);
    default:
      return toStorageError(error);
  }
}

export function notAvailable(cause?: unknown): LabError {
  return noStorage(
    'This browser does not let the page store anything.',
    'Runs cannot be kept here: open the page in a normal window (not a private one) and allow it to store data.',
    cause,
  );
}

function damaged(cause: unknown): LabError {
  return new LabError(
    'bad-file',
    'A stored value can no longer be read from the disk.',
    'The other runs are safe. Delete this one, or start it again.',
    { cause },
  );
}
