// Frozen weights in ggml's IQ4_NL: blocks of 32 values, w = d · `LEVELS`[q].
//
// Two blocks are stored together: both f16 scales d in one word, then 4 words of codes for each. The low halves of a
// block's bytes are its first 16 codes.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

const LEVELS = array<f32, 16>(
  -127.0, -104.0, -83.0, -65.0, -49.0, -35.0, -22.0, -10.0, 1.0, 13.0, 25.0, 38.0, 53.0, 69.0, 89.0, 113.0);

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
  let q = vec4<u32>(bytes((weight[run.at + j] >> (4u * p)) & 0x0f0f0f0fu));
  var levels = LEVELS;
  return run.d * vec4<f32>(levels[q.x], levels[q.y], levels[q.z], levels[q.w]);
}
