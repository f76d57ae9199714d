/** The address of an OpenAI-compatible server, as users type or paste it. */

export interface RemoteAddress {
  /** `http://localhost:8080/v1`: `/models` and `/chat/completions` are appended to it. */
  readonly base: string;
  readonly origin: string;
  /** With the port, for sentences. */
  readonly host: string;
  readonly place: Place;
}

/** On this machine, in the local network, or elsewhere. */
export type Place = 'here' | 'near' | 'far';

export interface AddressFault {
  /** A sentence. */
  readonly fault: string;
}

const ENDPOINTS = /\/(?:chat\/completions|completions|responses|embeddings|models)$/;

/**
 * An address without a path gets `/v1`; the path of an endpoint is cut off. Without a scheme it is http in the local
 * network, and https elsewhere.
 */
export function parseRemoteAddress(text: string): RemoteAddress | AddressFault {
  const typed = text.trim();
  if (typed === '')
    return { fault: 'The judge has no address: enter that of its server, such as http://localhost:8080/v1.' };
  const url = parse(typed);
  // The text may be a key, so the message does not repeat it. As a single word it would pass as the name of a machine.
  if (url === null || /^[\w-]{20,}$/.test(typed)) {
    return { fault: 'The judge’s address is not valid: enter one such as http://localhost:8080/v1.' };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { fault: 'The judge’s address must begin with http:// or https://.' };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      fault:
        'The judge’s address contains a name or a password. Addresses are shared with recipes: enter a key in ' +
        'its own field.',
    };
  }
  if (url.search !== '' || url.hash !== '') {
    const part = url.search === '' ? 'a fragment (#…)' : 'a query (?…)';
    return { fault: `The judge’s address contains ${part}: remove it, and enter a key or a header in its own field.` };
  }
  // A server that listens on all interfaces is reached at localhost.
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = 'localhost';
  const place = placeOf(url.hostname);
  if (url.protocol === 'http:' && place === 'far') {
    return {
      fault:
        `${url.host} is not on this machine or in the local network: use https://, or others can read the key ` +
        'and the texts on their way.',
    };
  }
  const path = url.pathname.replace(/\/+$/, '').replace(ENDPOINTS, '');
  return { base: `${url.origin}${path === '' ? '/v1' : path}`, origin: url.origin, host: url.host, place };
}

function parse(typed: string): URL | null {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(typed)) return URL.canParse(typed) ? new URL(typed) : null;
  // URL would read `localhost:8080` as the scheme "localhost".
  const secure = `https://${typed}`;
  if (!URL.canParse(secure)) return null;
  return placeOf(new URL(secure).hostname) === 'far' ? new URL(secure) : new URL(`http://${typed}`);
}

/** @param hostname as URL writes it: lower case, IPv4 in four numbers, IPv6 in brackets */
export function placeOf(hostname: string): Place {
  const name = hostname.replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^(?:127\.|0\.0\.0\.0$)/.test(name))
    return 'here';
  if (name === '[::]') return 'here';
  if (name.startsWith('[')) return /^\[(?:f[cd]|fe[89ab])/.test(name) ? 'near' : 'far';
  const [a = 0, b = 0] = /^\d+\.\d+\.\d+\.\d+$/.test(name) ? name.split('.').map(Number) : [];
  if (a === 10 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32) || (a === 169 && b === 254))
    return 'near';
  // Carrier-grade NAT, also used by private networks over the internet.
  if (a === 100 && b >= 64 && b < 128) return 'near';
  if (a > 0) return 'far';
  return name.includes('.') && !/\.(?:local|lan|internal|home\.arpa)$/.test(name) ? 'far' : 'near';
}
