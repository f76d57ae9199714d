import { describe, expect, it } from 'vitest';
import { graphFault, outputOf } from './graph';

const ENCODER = ['input_ids', 'attention_mask', 'token_type_ids'];

describe('a graph', () => {
  it('gives the output that is wanted, a sentence’s vector before its tokens’', () => {
    expect(outputOf('reward', ['logits', 'hidden_states'])).toBe('logits');
    expect(outputOf('reward', ['score'])).toBe('score');
    expect(outputOf('reward', ['output_0'])).toBe('output_0');
    expect(outputOf('embedding', ['token_embeddings', 'sentence_embedding'])).toBe('sentence_embedding');
    expect(outputOf('embedding', ['last_hidden_state', 'pooler_output'])).toBe('last_hidden_state');
    expect(outputOf('embedding', ['output_0'])).toBeNull();
    expect(outputOf('reward', ['last_hidden_state'])).toBeNull();
  });

  it('of an encoder is run', () => {
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
