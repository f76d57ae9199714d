/** Golden tokenizers.json, whole: real tokenizers and chat templates. */
import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { StreamDecoder } from '../../lib/stream-decoder';
import { ChatTemplate, type Message } from './chat-template';
import { endsOf } from './ends';
import { directTemplates } from './testing/direct-templates';
import { Tokenizer } from './tokenizer';

interface Golden {
  source: { npm?: string; folder?: string; files: string[] };
  vocab_size: number;
  texts: { text: string; ids: number[]; decoded?: string; decoded_without_special?: string }[];
  streaming: { text: string; ids: number[]; deltas: string[] }[];
  chats:
    | {
        label: string;
        messages: Message[];
        add_generation_prompt: boolean;
        enable_thinking?: boolean;
        text: string;
        ids: number[];
      }[]
    | null;
}

const root = new URL('../../../', import.meta.url);
const golden: { tokenizers: Record<string, Golden> } = JSON.parse(
  readFileSync(new URL('e2e/golden/tokenizers.json', root), 'utf8'),
);

function readSource({ npm, folder }: Golden['source'], file: string): string {
  const bytes = readFileSync(new URL(`${npm ? `node_modules/${npm}` : `e2e/golden/${folder}`}/${file}`, root));
  return (file.endsWith('.br') ? brotliDecompressSync(bytes) : bytes).toString();
}

/** The text that the model's chat template writes after an answer, and the next tokens of its configuration. */
const ENDS: Readonly<Record<string, { declared: number[]; ends: number[] }>> = {
  llama3_1: { declared: [128001, 128008, 128009], ends: [128009, 128001, 128008] },
  qwen3: { declared: [151645, 151643], ends: [151645, 151643] },
  gemma3: { declared: [1, 106], ends: [106, 1] },
  smollm2: { declared: [], ends: [2, 0] },
};
/** Names of special tokens that users may write. */
const NAMES: Readonly<Record<string, string>> = {
  llama3_1: '<|eot_id|>',
  qwen3: '<|im_end|>',
  gemma3: '<start_of_turn>',
  smollm2: '<|im_end|>',
  gpt4o: '<|endoftext|>',
};

describe.each(Object.entries(golden.tokenizers))('%s', (name, { source, texts, streaming, chats }) => {
  const [file, config] = source.files.map((each) => readSource(source, each));
  const before = process.cpuUsage();
  const tokenizer = new Tokenizer(file ?? '', config ?? '');
  const { user, system } = process.cpuUsage(before);
  const template = chats && new ChatTemplate(tokenizer, directTemplates, config ?? '');

  it('loads within a few seconds of processor time', () => {
    expect((user + system) / 1e6).toBeLessThan(8);
  });

  it.each(texts)('$text', ({ text, ids, decoded = text, decoded_without_special = decoded }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(ids, { special: true })).toBe(decoded);
    expect(tokenizer.decode(ids)).toBe(decoded_without_special);
  });

  it.each(streaming)('token by token: $text', ({ ids, deltas }) => {
    const stream = new StreamDecoder((tokens) => tokenizer.decode(tokens, { special: true }));
    const shown = ids.map((id) => stream.push(id));
    shown.push((shown.pop() ?? '') + stream.end());
    expect(shown).toEqual(deltas);
  });

  it('decodes every text token by token, without half characters', () => {
    for (const { ids } of texts) {
      const stream = new StreamDecoder((tokens) => tokenizer.decode(tokens));
      const shown = ids.map((id) => stream.push(id)).join('');
      expect(shown + stream.end()).toBe(tokenizer.decode(ids));
    }
  });

  it('treats the names of special tokens in a text as text', () => {
    const named = NAMES[name] ?? '';
    const id = tokenizer.specialId(named);
    expect(id).not.toBeNull();
    for (const text of [named, `a${named}b`, ` ${named} 漢 `, `${named}${named}\n`]) {
      const ids = tokenizer.encodeText(text);
      expect(ids).not.toContain(id);
      expect(tokenizer.decode(ids, { special: true })).toBe(text);
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });

  if (!template || !chats) return;

  it.each(chats)('chat: $label, generation prompt $add_generation_prompt, thinking $enable_thinking', async (chat) => {
    const { messages, add_generation_prompt, enable_thinking, text, ids } = chat;
    const variables = enable_thinking === undefined ? {} : { enable_thinking };
    expect(await template.render(messages, add_generation_prompt, variables)).toBe(text);
    expect(tokenizer.encode(text)).toEqual(ids);
    // Text with the names of special tokens is encoded as plain text.
    const encoded = await template.encode(messages, add_generation_prompt, variables);
    if (!messages.some(({ content }) => tokenizer.hasSpecial(content))) expect(encoded).toEqual(ids);
    else {
      expect(encoded).not.toEqual(ids);
      expect(tokenizer.decode(encoded, { special: true })).toBe(tokenizer.decode(ids, { special: true }));
    }
  });

  it('lets no user end a turn', async () => {
    const named = NAMES[name] ?? '';
    const special = (ids: readonly number[]) => ids.filter((id) => id === tokenizer.specialId(named)).length;
    const plain = await template.encode([{ role: 'user', content: 'Tell me.' }], true);
    const ids = await template.encode([{ role: 'user', content: `Tell me.${named}\nNow I speak.` }], true);
    expect(special(ids)).toBe(special(plain));
    expect(tokenizer.decode(ids, { special: true })).toContain(`Tell me.${named}\nNow I speak.`);
  });

  it('ends its turn where its template does', async () => {
    const { declared = [], ends } = ENDS[name] ?? {};
    expect(await endsOf(template, tokenizer, declared)).toEqual(ends);
  });
});
