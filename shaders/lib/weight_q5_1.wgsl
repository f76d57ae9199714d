// Frozen weights in ggml's Q5_1: blocks of 32, w = d · q + m. A word with both f16, one with the fifth bits, and 4 words with the
// low four, whose low halves are the first 16 values.
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

fn run_values(run: Run, j: u32) -> vec4<f32> {
  return run.scale.x * bytes(five_bits(weight[run.at + (j & 3u)], run.fifth, j)) + run.scale.y;
}
