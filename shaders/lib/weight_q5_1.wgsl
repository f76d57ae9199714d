// Frozen weights in ggml's Q5_1: blocks of 32 values, w = d · q + m.
//
// A block is a word with d and m in f16, a word with the fifth bits, and 4 words with the low four bits. The low
// halves of their bytes are the first 16 codes.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  fifth: u32,
  scale: vec2<f32>,
}

fn load_run(r: u32) -> Run {
  let at = r * 6u;
  return Run(at + 2u, weight[at + 1u], unpack2x16float(weight[at]));
}

fn pair_values(run: Run, j: u32, p: u32) -> vec4<f32> {
  return run.scale.x * bytes(five_bits(weight[run.at + j], run.fifth, j, p)) + run.scale.y;
}
