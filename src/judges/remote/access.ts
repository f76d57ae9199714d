/** The access to a server: a key and further headers. Neither may appear in a message. */
import { LabError } from '../../lib/errors';
import type { RemoteAccess } from '../../records/judges';

export const NO_ACCESS: RemoteAccess = { key: '', headers: {} };

const NOT_USED = 'It was not sent and not stored.';
/** Characters of a key or a header's value. */
const LONGEST = 4096;
const MOST_HEADERS = 16;
/** The scheme in front of the secret in an authorization header. */
const SCHEME = /^(?:Bearer|Basic|Token|ApiKey) +/i;

/** Headers that a browser does not let a page set (Fetch standard, "forbidden request-header"). */
const FORBIDDEN = new Set(
  [
    'accept-charset accept-encoding access-control-request-headers access-control-request-method',
    'access-control-request-private-network connection content-length cookie cookie2 date dnt expect host keep-alive',
    'origin referer set-cookie te trailer transfer-encoding upgrade via x-http-method x-http-method-override',
    'x-method-override',
  ].flatMap((names) => names.split(' ')),
);

/** Checks the key and the headers. Returns them without surrounding white space. @throws LabError judge-failed */
export function checkAccess({ key, headers }: RemoteAccess): RemoteAccess {
  const trimmed = key.trim().replace(/^Bearer +/i, '');
  if (!/^[\x21-\x7e]*$/.test(trimmed) || trimmed.length > LONGEST) {
    throw refused(
      'This is not a key: a key is one word of plain letters, digits and signs.',
      `Copy it again. ${NOT_USED}`,
    );
  }
  const entries = Object.entries(headers).map(([name, value]): [string, string] => [name.trim(), value.trim()]);
  if (entries.length > MOST_HEADERS) {
    throw refused(
      `There are too many headers: ${MOST_HEADERS} at most.`,
      'Remove some. They were not sent and not stored.',
    );
  }
  for (const [name, value] of entries) {
    const fault = headerFault(name, value, trimmed);
    if (fault !== null) throw refused(fault, `Remove or correct it. ${NOT_USED}`);
  }
  return { key: trimmed, headers: Object.fromEntries(entries) };
}

function headerFault(name: string, value: string, key: string): string | null {
  if (!/^[\w!#$%&'*+.^`|~-]{1,128}$/.test(name)) return 'A header’s name is one word of letters, digits and hyphens.';
  const lower = name.toLowerCase();
  if (FORBIDDEN.has(lower) || lower.startsWith('proxy-') || lower.startsWith('sec-')) {
    return `Browsers do not let a page send the header ${name}.`;
  }
  if (lower === 'content-type' || lower === 'accept') return `The page itself sets the header ${name}.`;
  if (lower === 'authorization' && key !== '') {
    return `The header ${name} is made from the key: enter only one of the two.`;
  }
  // A value must not end the header line, and each character must be one byte.
  if (!/^[\x20-\x7e\xa0-\xff]*$/.test(value) || value.length > LONGEST) {
    return `The value of ${name} cannot be sent as a header.`;
  }
  return null;
}

/** The headers of every request. */
export function headersOf({ key, headers }: RemoteAccess): Record<string, string> {
  return { ...headers, ...(key !== '' && { authorization: `Bearer ${key}` }) };
}

/** Replaces the key and the headers' values in a text. */
export function withoutSecrets(text: string, { key, headers }: RemoteAccess): string {
  // Short values, such as a title or a number, are not secret. Replacing them would garble the text.
  const values = Object.values(headers).flatMap((value) => [value, value.replace(SCHEME, '')]);
  const secrets = [...(key.length >= 4 ? [key] : []), ...values.filter((secret) => secret.length >= 8)];
  // The longest first, because one may begin with another.
  return secrets
    .toSorted((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, '•••'), text);
}

/** A server's text to be quoted in a sentence: one line, without secrets. @param most characters */
export function safeExcerpt(text: string, access: RemoteAccess, most: number): string {
  // Secrets are removed before the text is cut, which could leave a part of one; and again for a secret with white
  // space.
  const line = withoutSecrets(
    withoutSecrets(text, access)
      .replace(/[\s\p{C}]+/gu, ' ')
      .trim(),
    access,
  );
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

const refused = (message: string, advice: string) => new LabError('judge-failed', message, advice);
