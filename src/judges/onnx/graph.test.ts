import { describe, expect, it } from 'vitest';
import { graphFault, outputOf, sentenceVectors } from './graph';

const ENCODER = ['input_ids', 'attention_mask', 'token_type_ids'];

describe('a graph', () => {
  it('provides the requested output, preferably one vector per text', () => {
    expect(outputOf('reward', ['logits', 'hidden_states'])).toBe('logits');
    expect(outputOf('reward', ['score'])).toBe('score');
    expect(outputOf('reward', ['output_0'])).toBe('output_0');
    expect(outputOf('embedding', ['token_embeddings', 'sentence_embedding'])).toBe('sentence_embedding');
    expect(outputOf('embedding', ['last_hidden_state', 'pooler_output'])).toBe('last_hidden_state');
    expect(outputOf('embedding', ['output_0'])).toBeNull();
    expect(outputOf('reward', ['last_hidden_state'])).toBeNull();
  });

  it('of an encoder can be run', () => {
    expect(graphFault('reward', ENCODER, ['logits'])).toBeNull();
    expect(graphFault('embedding', ['input_ids'], ['last_hidden_state'])).toBeNull();
  });

  for (const [what, head, inputs, outputs, says] of [
    ['a decoder', 'reward', [...ENCODER, 'past_key_values.0.key'], ['logits'], 'to write text'],
    ['a model of images', 'embedding', ['pixel_values'], ['last_hidden_state'], 'pixel_values'],
    ['no tokens', 'reward', ['attention_mask'], ['logits'], 'does not take input_ids'],
    [
      'an encoder where a reward model is wanted',
      'reward',
      ENCODER,
      ['last_hidden_state', 'pooler_output'],
      'last_hidden_state',
    ],
    ['a classifier where an encoder is wanted', 'embedding', ENCODER, ['logits'], 'it gives logits'],
  ] as const) {
    it(`is refused: ${what}`, () => {
      expect(graphFault(head, inputs, outputs)).toContain(says);
    });
  }
});

/** Two texts of up to three tokens, the first of two tokens; width 2. */
const batch = { shape: [2, 3], attentionMask: Int32Array.of(1, 1, 0, 1, 1, 1) } as const;
const states = Float32Array.of(3, 0, 0, 4, 100, 100, 1, 0, 0, 0, 0, 1);
const vectors = (pooling: 'mean' | 'cls' | 'last') => [...sentenceVectors(states, [2, 3, 2], batch, pooling)];
const close = (found: readonly number[], expected: readonly number[]) =>
  found.forEach((x, i) => void expect(x).toBeCloseTo(expected[i] ?? Number.NaN, 6));

describe('the vector of a text', () => {
  it('is the normalised mean of its tokens without the padding', () => {
    close(vectors('mean'), [0.6, 0.8, Math.SQRT1_2, Math.SQRT1_2]);
  });

  it('is the first token’s vector', () => {
    close(vectors('cls'), [1, 0, 1, 0]);
  });

  it('is the vector of the last token under the mask', () => {
    close(vectors('last'), [0, 1, 0, 1]);
  });

  it('is only normalised if the model computes it, and zeros stay zeros', () => {
    close([...sentenceVectors(Float32Array.of(3, 4, 0, 0), [2, 2], batch, 'mean')], [0.6, 0.8, 0, 0]);
  });
});
