// Frozen weights in ggml's Q5_0: blocks of 32, w = d · (q − 16). Two blocks together: both f16 scales in one word, then for each a
// word with the fifth bits and 4 words with the low four, whose low halves are the first 16 values.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  fifth: u32,
  d: f32,
}

fn load_run(r: u32) -> Run {
  let pair = (r >> 1u) * 11u;
  let second = r & 1u;
  let scales = unpack2x16float(weight[pair]);
  let at = pair + 1u + 5u * second;
  return Run(at + 1u, weight[at], select(scales.x, scales.y, second == 1u));
}

fn run_values(run: Run, j: u32) -> vec4<f32> {
  return run.d * (bytes(five_bits(weight[run.at + (j & 3u)], run.fifth, j)) - 16.0);
}
