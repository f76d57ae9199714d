// Frozen weights in ggml's Q4_1: blocks of 32 values, w = d · q + m.
//
// A block is a word with d and m in f16, then 4 words of codes. The low halves of the bytes are the first 16 codes.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  scale: vec2<f32>,
}

fn load_run(r: u32) -> Run {
  return Run(r * 5u + 1u, unpack2x16float(weight[r * 5u]));
}

fn pair_values(run: Run, j: u32, p: u32) -> vec4<f32> {
  return run.scale.x * bytes((weight[run.at + j] >> (4u * p)) & 0x0f0f0f0fu) + run.scale.y;
}
