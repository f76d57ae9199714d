// Frozen weights in ggml's Q2_K: blocks of 256 values in groups of 16, w = d · s · q − dmin · m.
//
// A block is 4 words with (s, m) of each group, four bits each; 16 words of two-bit codes, where byte l of half n
// holds the values l, l + 32, l + 64 and l + 96; and a word with d and dmin.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  shift: u32,
  scale: vec4<f32>,  // d · s and −dmin · m of both groups
}

fn load_run(r: u32) -> Run {
  let block = (r >> 3u) * 21u;
  let run = r & 7u;
  let both = weight[block + (run >> 1u)] >> (16u * (run & 1u));
  let d = unpack2x16float(weight[block + 20u]);
  let scale = vec4<f32>((vec4<u32>(both) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u));
  return Run(block + 4u + 8u * (run >> 2u), 2u * (run & 3u), scale * vec4<f32>(d.x, -d.y, d.x, -d.y));
}

fn pair_values(run: Run, j: u32, p: u32) -> vec4<f32> {
  let scale = select(run.scale.zw, run.scale.xy, p == 0u);
  return scale.x * bytes((weight[run.at + 4u * p + j] >> run.shift) & 0x03030303u) + scale.y;
}
