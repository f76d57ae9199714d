// Frozen weights in ggml's Q8_0: blocks of 32 values, w = d · q with q in −128 … 127.
//
// Two blocks are stored together: both f16 scales d in one word, then 8 words of codes for each. Flipping the sign
// bit of a code makes it q + 128.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  d: f32,
}

fn load_run(r: u32) -> Run {
  let pair = (r >> 1u) * 17u;
  let second = r & 1u;
  let d = unpack2x16float(weight[pair] >> (16u * second)).x;
  return Run(pair + 1u + 8u * second, d);
}

fn pair_values(run: Run, j: u32, p: u32) -> vec4<f32> {
  return run.d * bytes(weight[run.at + 4u * p + j] ^ 0x80808080u) - 128.0 * run.d;
}
