/** What a server wants to see before it answers: a key, and headers of its own. Nothing of it appears in a sentence. */
import { LabError } from '../../lib/errors';
import type { RemoteAccess } from '../../records/judges';

export const NO_ACCESS: RemoteAccess = { key: '', headers: {} };

const NOT_KEPT = 'It was not sent and not stored.';
const LONGEST = 4096;
const MOST_HEADERS = 16;
/** Before the secret of a header that lets somebody in. */
const SCHEME = /^(?:Bearer|Basic|Token|ApiKey) +/i;

/** Those that a browser does not let a page set (Fetch, "forbidden request-header"). */
const FORBIDDEN = new Set(
  [
    'accept-charset accept-encoding access-control-request-headers access-control-request-method access-control-request-private-network',
    'connection content-length cookie cookie2 date dnt expect host keep-alive origin referer set-cookie te trailer',
    'transfer-encoding upgrade via x-http-method x-http-method-override x-method-override',
  ].flatMap((names) => names.split(' ')),
);

/** As it is sent: without white space around it. @throws LabError judge-failed */
export function checkAccess({ key, headers }: RemoteAccess): RemoteAccess {
  const trimmed = key.trim().replace(/^Bearer +/i, '');
  if (!/^[\x21-\x7e]*$/.test(trimmed) || trimmed.length > LONGEST) {
    throw refused(
      'This is no key: keys are one word of plain letters, digits and signs.',
      `Copy it again. ${NOT_KEPT}`,
    );
  }
  const entries = Object.entries(headers).map(([name, value]): [string, string] => [name.trim(), value.trim()]);
  if (entries.length > MOST_HEADERS)
    throw refused(`More than ${MOST_HEADERS} headers are too many.`, `Leave some out. ${NOT_KEPT}`);
  for (const [name, value] of entries) {
    const fault = headerFault(name, value, trimmed);
    if (fault !== null) throw refused(fault, `Leave it out, or correct it. ${NOT_KEPT}`);
  }
  return { key: trimmed, headers: Object.fromEntries(entries) };
}

function headerFault(name: string, value: string, key: string): string | null {
  if (!/^[\w!#$%&'*+.^`|~-]{1,128}$/.test(name)) return 'A header’s name is one word of letters, digits and hyphens.';
  const lower = name.toLowerCase();
  if (FORBIDDEN.has(lower) || lower.startsWith('proxy-') || lower.startsWith('sec-')) {
    return `Browsers do not let a page send the header ${name}.`;
  }
  if (lower === 'content-type' || lower === 'accept') return `The header ${name} is the page’s own.`;
  if (lower === 'authorization' && key !== '') return `The header ${name} is made of the key: give one or the other.`;
  // Sent as they are: nothing that could end the line, or is not of one byte.
  if (!/^[\x20-\x7e\xa0-\xff]*$/.test(value) || value.length > LONGEST)
    return `The value of ${name} cannot be sent as a header.`;
  return null;
}

/** Of every request. */
export function headersOf({ key, headers }: RemoteAccess): Record<string, string> {
  return { ...headers, ...(key !== '' && { authorization: `Bearer ${key}` }) };
}

/** A server's words without what it was told in confidence. */
export function withoutSecrets(text: string, { key, headers }: RemoteAccess): string {
  // Short values (a title, a number) are no secrets, and taking them out would garble the text.
  const others = Object.values(headers).flatMap((value) => [value, value.replace(SCHEME, '')]);
  const secrets = [...(key.length >= 4 ? [key] : []), ...others.filter((secret) => secret.length >= 8)];
  // One may begin with another.
  return secrets
    .toSorted((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, '•••'), text);
}

const refused = (message: string, advice: string) => new LabError('judge-failed', message, advice);
