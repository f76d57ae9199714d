// Frozen weights in ggml's Q4_K: blocks of 256 in runs of 32, w = d · s · q − dmin · m. A word with d and dmin, 3 words of six-bit
// (s, m), 32 words of codes: byte l of quarter n holds values l (low half) and l + 32.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

fn load_weight(i: u32) -> vec4<f32> {
  let block = (i >> 6u) * 36u;
  let d = unpack2x16float(weight[block]);
  let run = (i >> 3u) & 7u;
  let word = weight[block + 4u + 8u * (run >> 1u) + (i & 7u)] >> (4u * (run & 1u));
  let q = (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u);
  let shift = 8u * (run & 3u);
  let s = weight[block + 1u] >> shift;
  let m = weight[block + 2u] >> shift;
  let rest = weight[block + 3u] >> shift;
  // Runs 4 … 7 keep their low four bits in the third word and their high two above those of runs 0 … 3.
  let late = run >= 4u;
  let scale = select(s & 63u, (rest & 15u) | ((s >> 2u) & 48u), late);
  let least = select(m & 63u, ((rest >> 4u) & 15u) | ((m >> 2u) & 48u), late);
  return d.x * f32(scale) * vec4<f32>(q) - d.y * f32(least);
}
