import { describe, expect, it } from 'vitest';
import { parseRemoteAddress, placeOf } from './remote-address';

const baseOf = (text: string) => {
  const parsed = parseRemoteAddress(text);
  return 'fault' in parsed ? parsed.fault : parsed.base;
};

describe('an address', () => {
  it.each([
    ['http://localhost:8080', 'http://localhost:8080/v1'],
    ['http://localhost:8080/', 'http://localhost:8080/v1'],
    ['http://localhost:8080/v1', 'http://localhost:8080/v1'],
    [' http://localhost:8080/v1/ ', 'http://localhost:8080/v1'],
    ['http://localhost:8080/v1/chat/completions', 'http://localhost:8080/v1'],
    ['http://localhost:8080/v1/models/', 'http://localhost:8080/v1'],
    ['http://localhost:8080/chat/completions', 'http://localhost:8080/v1'],
    ['localhost:11434', 'http://localhost:11434/v1'],
    ['127.0.0.1:1234/v1', 'http://127.0.0.1:1234/v1'],
    ['192.168.1.20:8000', 'http://192.168.1.20:8000/v1'],
    ['nas.local', 'http://nas.local/v1'],
    ['http://0.0.0.0:8080', 'http://localhost:8080/v1'],
    ['http://[::]:8080', 'http://localhost:8080/v1'],
    ['https://openrouter.ai/api/v1', 'https://openrouter.ai/api/v1'],
    ['openrouter.ai/api/v1', 'https://openrouter.ai/api/v1'],
    ['https://api.groq.com/openai/v1/chat/completions', 'https://api.groq.com/openai/v1'],
    ['HTTPS://Example.ORG/V1', 'https://example.org/V1'],
  ])('%s', (text, base) => {
    expect(baseOf(text)).toBe(base);
  });

  it.each([
    ['', 'has no address'],
    ['   ', 'has no address'],
    ['http://', 'is not valid'],
    ['my server', 'is not valid'],
    ['ftp://localhost/v1', 'must begin with http'],
    ['file:///v1', 'must begin with http'],
    ['http://me:secret@localhost/v1', 'contains a name or a password'],
    ['https://sk-secret@api.example.org', 'contains a name or a password'],
    ['https://api.example.org/v1?key=secret', 'contains a query'],
    ['https://api.example.org/v1#sk-secret', 'contains a fragment'],
    ['localhost:8080/v1#sk-secret', 'contains a fragment'],
    ['sk-or-v1-secret-0123456789', 'is not valid'],
    ['sk-secret 0123', 'is not valid'],
    ['http://api.example.org/v1', 'use https://'],
    ['http://8.8.8.8/v1', 'use https://'],
  ])('%j is refused', (text, says) => {
    const parsed = parseRemoteAddress(text);
    expect(parsed).toEqual({ fault: expect.stringContaining(says) });
    expect(JSON.stringify(parsed)).not.toContain('secret');
  });
});

it('distinguishes local hosts from remote ones', () => {
  const here = ['localhost', 'lab.localhost', '127.0.0.1', '127.8.9.1', '[::1]', 'localhost.'];
  const near = [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.1',
    '192.168.0.9',
    '169.254.1.1',
    '100.64.0.1',
    'nas',
    'nas.local',
    'a.lan',
    '[fd00::1]',
    '[fe80::1]',
  ];
  const far = [
    'example.org',
    '8.8.8.8',
    '172.32.0.1',
    '192.169.0.1',
    '100.128.0.1',
    '[2001:db8::1]',
    '11.0.0.1',
    'localhost.example.org',
  ];
  expect(here.map(placeOf)).toEqual(here.map(() => 'here'));
  expect(near.map(placeOf)).toEqual(near.map(() => 'near'));
  expect(far.map(placeOf)).toEqual(far.map(() => 'far'));
});
