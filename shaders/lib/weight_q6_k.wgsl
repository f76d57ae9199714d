// Frozen weights in ggml's Q6_K: blocks of 256 values in groups of 16, w = d · s · (q − 32).
//
// Two blocks are stored together: both f16 scales d in one word, then for each block 32 words with the low four bits,
// 16 words with the high two bits (byte l of half n holds those of the values l, l + 32, l + 64 and l + 96), and 4
// words of signed 8-bit s.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  shift: u32,
  high: u32,
  bits: u32,
  scale: vec2<f32>,  // of both groups
}

fn load_run(r: u32) -> Run {
  let pair = (r >> 4u) * 105u;
  let second = (r >> 3u) & 1u;
  let scales = unpack2x16float(weight[pair]);
  let block = pair + 1u + 52u * second;
  let run = r & 7u;
  let both = bitcast<i32>(weight[block + 48u + (run >> 1u)] << (16u * (1u - (run & 1u))));
  let s = vec2<f32>(vec2<i32>((both << 8u) >> 24u, both >> 24u));
  let half = run >> 2u;
  let quarter = run & 3u;
  return Run(block + 16u * half + 8u * (quarter & 1u), 4u * (quarter >> 1u), block + 32u + 8u * half, 2u * quarter,
    select(scales.x, scales.y, second == 1u) * s);
}

fn pair_values(run: Run, j: u32, p: u32) -> vec4<f32> {
  let low = (weight[run.at + 4u * p + j] >> run.shift) & 0x0f0f0f0fu;
  let high = (weight[run.high + 4u * p + j] >> run.bits) & 0x03030303u;
  return select(run.scale.y, run.scale.x, p == 0u) * (bytes(low | (high << 4u)) - 32.0);
}
