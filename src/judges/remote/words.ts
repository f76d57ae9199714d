/** What a server says, as a part of a sentence: in one line, without what it was told in confidence. */

import type { RemoteAccess } from '../../records/judges';
import { withoutSecrets } from './access';

/** @param most characters that are shown */
export function foreignWords(text: string, access: RemoteAccess, most: number): string {
  // Before anything is cut off, which would leave a part of a key, and again where white space was in it.
  const line = withoutSecrets(
    withoutSecrets(text, access)
      .replace(/[\s\p{C}]+/gu, ' ')
      .trim(),
    access,
  );
  return line.length > most ? `${line.slice(0, most)}…` : line;
}
