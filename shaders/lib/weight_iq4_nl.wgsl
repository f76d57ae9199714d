// Frozen weights in ggml's IQ4_NL: blocks of 32, w = d · level[q]. Two blocks together: both f16 scales in one word, then 4 words of
// codes each; the low halves of a block's bytes are its first 16 values.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

const LEVELS = array<f32, 16>(
  -127.0, -104.0, -83.0, -65.0, -49.0, -35.0, -22.0, -10.0, 1.0, 13.0, 25.0, 38.0, 53.0, 69.0, 89.0, 113.0);

fn load_weight(i: u32) -> vec4<f32> {
  let pair = (i >> 4u) * 9u;
  let second = (i >> 3u) & 1u;
  let scales = unpack2x16float(weight[pair]);
  let word = weight[pair + 1u + 4u * second + (i & 3u)] >> (i & 4u);
  var levels = LEVELS;
  let q = (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u);
  return select(scales.x, scales.y, second == 1u) * vec4<f32>(levels[q.x], levels[q.y], levels[q.z], levels[q.w]);
}
