// Frozen weights in ggml's Q3_K: blocks of 256 values in groups of 16, w = d · (s − 32) · (q − 4).
//
// Two blocks are stored together: both f16 scales d in one word, then for each block 8 words with the third bits (bit
// r of byte l belongs to value l of run r), 16 words with the low two bits as in Q2_K, and 3 words of six-bit s.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  shift: u32,
  third: u32,
  bit: u32,
  scale: vec2<f32>,  // of both groups
}

// s − 32 of group k. The low four bits of the groups 0 … 3 and 8 … 11 share a word, as do those of 4 … 7 and 12 … 15.
// The high two bits of all groups are in a third word.
fn six_bits(words: u32, k: u32) -> f32 {
  let group = k >> 2u;
  let shift = 8u * (k & 3u);
  let low = (weight[words + (group & 1u)] >> (shift + 4u * (group >> 1u))) & 15u;
  let high = (weight[words + 2u] >> (shift + 2u * group)) & 3u;
  return f32(low | (high << 4u)) - 32.0;
}

fn load_run(r: u32) -> Run {
  let pair = (r >> 4u) * 55u;
  let second = (r >> 3u) & 1u;
  let scales = unpack2x16float(weight[pair]);
  let d = select(scales.x, scales.y, second == 1u);
  let block = pair + 1u + 27u * second;
  let run = r & 7u;
  let s = vec2<f32>(six_bits(block + 24u, 2u * run), six_bits(block + 24u, 2u * run + 1u));
  return Run(block + 8u + 8u * (run >> 2u), 2u * (run & 3u), block, run, d * s);
}

fn pair_values(run: Run, j: u32, p: u32) -> vec4<f32> {
  let low = (weight[run.at + 4u * p + j] >> run.shift) & 0x03030303u;
  let third = (weight[run.third + 4u * p + j] >> run.bit) & 0x01010101u;
  return select(run.scale.y, run.scale.x, p == 0u) * (bytes(low | (third << 2u)) - 4.0);
}
