/** The address of an OpenAI-compatible server, as people type or paste it. */

export interface RemoteAddress {
  /** What `/models` and `/chat/completions` come behind, e.g. `http://localhost:8080/v1`. */
  readonly base: string;
  readonly origin: string;
  /** For sentences: with its port. */
  readonly host: string;
  /** On this machine, in the same network, or elsewhere. */
  readonly place: Place;
}

export type Place = 'here' | 'near' | 'far';

/** A sentence that says what is wrong with it. */
export interface AddressFault {
  readonly fault: string;
}

const ENDPOINTS = /\/(?:chat\/completions|completions|responses|embeddings|models)$/;

/**
 * An address without a path gets `/v1`, a request's whole address loses what comes behind it. Without a scheme it is http within the own
 * network and https elsewhere.
 */
export function parseRemoteAddress(text: string): RemoteAddress | AddressFault {
  const typed = text.trim();
  if (typed === '')
    return { fault: 'The judge has no address: write where its server is, such as http://localhost:8080/v1.' };
  const url = parse(typed);
  // What is typed may be a key, and is not repeated. As one word it would be the name of a machine.
  if (url === null || /^[\w-]{20,}$/.test(typed)) {
    return { fault: 'The judge’s address is no address: write one such as http://localhost:8080/v1.' };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { fault: 'The judge’s address must begin with http:// or https://.' };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      fault:
        'The judge’s address holds a name or a password: addresses are shared with recipes, so a key has its own field.',
    };
  }
  if (url.search !== '' || url.hash !== '') {
    const part = url.search === '' ? 'a part behind #' : 'a query (?…)';
    return { fault: `The judge’s address holds ${part}: leave it out; a key or a header has its own field.` };
  }
  // What a server says it listens on is not where it is reached.
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = 'localhost';
  const place = placeOf(url.hostname);
  if (url.protocol === 'http:' && place === 'far') {
    return {
      fault: `${url.host} is not on this machine or network: use https://, or everybody on the way can read the key and the texts.`,
    };
  }
  const path = url.pathname.replace(/\/+$/, '').replace(ENDPOINTS, '');
  return { base: `${url.origin}${path === '' ? '/v1' : path}`, origin: url.origin, host: url.host, place };
}

function parse(typed: string): URL | null {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(typed)) return URL.canParse(typed) ? new URL(typed) : null;
  // `localhost:8080` would be of the scheme "localhost".
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
  // Shared by carriers and by private networks over the internet.
  if (a === 100 && b >= 64 && b < 128) return 'near';
  if (a > 0) return 'far';
  return name.includes('.') && !/\.(?:local|lan|internal|home\.arpa)$/.test(name) ? 'far' : 'near';
}
