// Frozen weights in ggml's Q4_0: blocks of 32 values, w = d · (q − 8).
//
// Two blocks are stored together: both f16 scales d in one word, then 4 words of codes for each. The low halves of a
// block's bytes are its first 16 codes.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  d: f32,
}

fn load_run(r: u32) -> Run {
  let pair = (r >> 1u) * 9u;
  let second = r & 1u;
  let d = unpack2x16float(weight[pair] >> (16u * second)).x;
  return Run(pair + 1u + 4u * second, d);
}

fn pair_values(run: Run, j: u32, p: u32) -> vec4<f32> {
  return run.d * bytes((weight[run.at + j] >> (4u * p)) & 0x0f0f0f0fu) - 8.0 * run.d;
}
