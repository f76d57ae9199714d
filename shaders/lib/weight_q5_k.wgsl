// Frozen weights in ggml's Q5_K: blocks of 256 values in runs of 32, w = d · s · q − dmin · m.
//
// A block is a word with d and dmin, 3 words of six-bit (s, m) as in Q4_K, 8 words with the fifth bits (bit r of byte
// l belongs to value l of run r), and 32 words with the low four bits as in Q4_K.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  shift: u32,
  fifth: u32,
  bit: u32,
  scale: vec2<f32>,
}

fn load_run(r: u32) -> Run {
  let block = (r >> 3u) * 44u;
  let run = r & 7u;
  return Run(block + 12u + 8u * (run >> 1u), 4u * (run & 1u), block + 4u, run, six_bits(block, run));
}

fn pair_values(run: Run, j: u32, p: u32) -> vec4<f32> {
  let low = (weight[run.at + 4u * p + j] >> run.shift) & 0x0f0f0f0fu;
  let fifth = (weight[run.fifth + 4u * p + j] >> run.bit) & 0x01010101u;
  return run.scale.x * bytes(low | (fifth << 4u)) + run.scale.y;
}
