/** Remote judges of the scripted API: llama.cpp on this machine, or OpenRouter, which requires a key. */
import type { Lab } from '../../src/client/client';
import { LabError } from '../../src/lib/errors';
import { parseRemoteAddress } from '../../src/recipe/judges/remote-address';
import type { RemoteAccess } from '../../src/records/judges';

export function scriptedRemote(): Pick<Lab, 'setRemoteAccess' | 'remoteAccess' | 'remoteModels'> {
  const known = new Map<string, { readonly access: RemoteAccess; readonly remembered: boolean }>();
  const addressOf = (url: string) => {
    const address = parseRemoteAddress(url);
    if ('fault' in address) throw new LabError('judge-failed', address.fault, 'Correct the address.');
    return address;
  };
  return {
    async setRemoteAccess(url, access, remember) {
      const { origin } = addressOf(url);
      if (access === null) known.delete(origin);
      else known.set(origin, { access, remembered: remember });
    },
    async remoteAccess(url) {
      const { access, remembered = false } = known.get(addressOf(url).origin) ?? {};
      return { key: (access?.key ?? '') !== '', headers: Object.keys(access?.headers ?? {}), remembered };
    },
    async remoteModels(url) {
      const { host, origin, place } = addressOf(url);
      await new Promise((resolve) => setTimeout(resolve, 300));
      if (place !== 'far') return ['SmolLM2-135M-Instruct.Q4_1.gguf'];
      if (known.has(origin))
        return ['qwen/qwen3-8b', 'meta-llama/llama-3.1-8b-instruct', 'mistralai/mistral-small-3.2'];
      throw new LabError(
        'judge-failed',
        `${host} asks for a key (status 401).`,
        'Enter it next to the judge’s address.',
      );
    },
  };
}
