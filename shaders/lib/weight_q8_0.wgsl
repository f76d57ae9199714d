// Frozen weights in ggml's Q8_0: blocks of 32, w = d · q with q in −128 … 127. Two blocks together: both f16 scales in one word,
// then 8 words of codes each.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

fn load_weight(i: u32) -> vec4<f32> {
  let pair = (i >> 4u) * 17u;
  let scales = unpack2x16float(weight[pair]);
  let word = bitcast<i32>(weight[pair + 1u + (i & 15u)]);
  let q = (vec4<i32>(word) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u);
  return select(scales.x, scales.y, (i & 8u) != 0u) * vec4<f32>(q);
}
