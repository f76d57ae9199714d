// Frozen weights in ggml's Q5_0: blocks of 32 values, w = d · (q − 16).
//
// Two blocks are stored together: both f16 scales d in one word, then for each block a word with the fifth bits and 4
// words with the low four bits. The low halves of their bytes are the first 16 codes.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  fifth: u32,
  d: f32,
}

fn load_run(r: u32) -> Run {
  let pair = (r >> 1u) * 11u;
  let second = r & 1u;
  let d = unpack2x16float(weight[pair] >> (16u * second)).x;
  let at = pair + 1u + 5u * second;
  return Run(at + 1u, weight[at], d);
}

fn pair_values(run: Run, j: u32, p: u32) -> vec4<f32> {
  return run.d * bytes(five_bits(weight[run.at + j], run.fifth, j, p)) - 16.0 * run.d;
}
