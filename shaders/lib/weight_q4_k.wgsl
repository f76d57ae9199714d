// Frozen weights in ggml's Q4_K: blocks of 256 values in runs of 32, w = d · s · q − dmin · m.
//
// A block is a word with d and dmin, 3 words of six-bit (s, m), and 32 words of codes. Byte l of quarter n holds
// value l of run 2n (low half) and of run 2n + 1 (high half).
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  shift: u32,
  scale: vec2<f32>,
}

fn load_run(r: u32) -> Run {
  let block = (r >> 3u) * 36u;
  let run = r & 7u;
  return Run(block + 4u + 8u * (run >> 1u), 4u * (run & 1u), six_bits(block, run));
}

fn pair_values(run: Run, j: u32, p: u32) -> vec4<f32> {
  return run.scale.x * bytes((weight[run.at + 4u * p + j] >> run.shift) & 0x0f0f0f0fu) + run.scale.y;
}
