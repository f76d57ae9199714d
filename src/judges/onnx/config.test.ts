import { describe, expect, it } from 'vitest';
import { judgeConfig, labelOf, longestInput, poolingOf, tokenizerConfig } from './config';

const config = (change: object = {}) =>
  judgeConfig(JSON.stringify({ model_type: 'bert', pad_token_id: 0, max_position_embeddings: 512, ...change }));

describe('the longest input', () => {
  for (const [what, of, limit, sentence, expected] of [
    ['is limited by the positions', config(), null, null, 512],
    ['is limited by the tokenizer', config(), 256, null, 256],
    ['is limited by sentence-transformers', config(), 256, '{"max_seq_length": 128}', 128],
    ['ignores the tokenizer’s placeholder for no limit', config(), 1e30, null, 512],
    [
      'leaves out the positions up to the padding’s in RoBERTa',
      config({ model_type: 'roberta', pad_token_id: 1, max_position_embeddings: 514 }),
      null,
      null,
      512,
    ],
    ['is 512 if no file names a limit', config({ max_position_embeddings: null }), null, null, 512],
    ['is limited to what a CPU can compute', config({ max_position_embeddings: 131_072 }), null, null, 8192],
  ] as const) {
    it(what, () => expect(longestInput(of, limit, sentence)).toBe(expected));
  }
});

describe('the label', () => {
  const labels = config({ id2label: { 0: 'bad', 1: 'Good' } });
  it('is found by name or number, and is the last by default', () => {
    expect(labelOf(labels, '')).toBeNull();
    expect(labelOf(labels, 'good')).toBe(1);
    expect(labelOf(labels, '0')).toBe(0);
    expect(labelOf(config(), '3')).toBe(3);
  });

  it('is refused if it does not exist, with the list of labels', () => {
    expect(() => labelOf(labels, 'fine')).toThrow('no label fine, but bad, Good');
  });
});

describe('the pooling', () => {
  it('is the mean unless a file says otherwise', () => {
    expect(poolingOf(null)).toBe('mean');
    expect(poolingOf('{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false}')).toBe('mean');
    expect(poolingOf('{"pooling_mode_cls_token": true}')).toBe('cls');
    expect(poolingOf('{"pooling_mode_lasttoken": true}')).toBe('last');
  });

  it('is refused by name if it is not supported', () => {
    expect(() => poolingOf('{"pooling_mode_max_tokens": true}')).toThrow('max_tokens');
    expect(() => poolingOf('{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}')).toThrow(
      'cls_token and mean_tokens',
    );
  });
});

it('reads the tokenizer’s limit, its padding, and whether it has a chat template', () => {
  expect(tokenizerConfig('{"model_max_length": 64, "pad_token": {"content": "<pad>"}, "chat_template": "x"}')).toEqual(
    {
      maxTokens: 64,
      pad: '<pad>',
      hasTemplate: true,
    },
  );
  expect(tokenizerConfig('{}')).toEqual({ maxTokens: null, pad: null, hasTemplate: false });
});

it('refuses files of another shape', () => {
  expect(() => judgeConfig('{"architectures": "Bert"}')).toThrow('config.json');
  expect(() => tokenizerConfig('[')).toThrow('not JSON');
});
