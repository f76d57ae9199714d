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

// The j-th four codes: their low four bits from the word, and of `fifth` bit 4j + b as bit 4 of byte b.
fn five_bits(word: u32, fifth: u32, j: u32) -> u32 {
  let high = fifth >> (4u * j);
  let spread = ((high & 1u) << 4u) | ((high & 2u) << 11u) | ((high & 4u) << 18u) | ((high & 8u) << 25u);
  return ((word >> (j & 4u)) & 0x0f0f0f0fu) | spread;
}

fn run_values(run: Run, j: u32) -> vec4<f32> {
  return run.scale.x * bytes(five_bits(weight[run.at + (j & 3u)], run.fifth, j)) + run.scale.y;
}
