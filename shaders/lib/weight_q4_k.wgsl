// Frozen weights in ggml's Q4_K: blocks of 256 in runs of 32, w = d · s · q − dmin · m. A word with d and dmin, 3 words of six-bit
// (s, m), 32 words of codes: byte l of quarter n holds value l of run 2n (low half) and of run 2n + 1.
@group(0) @binding(1) var<storage, read> weight: array<u32>;

struct Run {
  at: u32,
  shift: u32,
  scale: vec2<f32>,
}

// d · s and −dmin · m of run k. Runs 4 … 7 keep their low four bits in the third word and their high two above those of runs 0 … 3.
fn six_bits(block: u32, k: u32) -> vec2<f32> {
  let d = unpack2x16float(weight[block]);
  let shift = 8u * (k & 3u);
  let s = weight[block + 1u] >> shift;
  let m = weight[block + 2u] >> shift;
  let rest = weight[block + 3u] >> shift;
  let late = k >= 4u;
  let scale = select(s & 63u, (rest & 15u) | ((s >> 2u) & 48u), late);
  let least = select(m & 63u, ((rest >> 4u) & 15u) | ((m >> 2u) & 48u), late);
  return vec2<f32>(d.x * f32(scale), -d.y * f32(least));
}

fn load_run(r: u32) -> Run {
  let block = (r >> 3u) * 36u;
  let run = r & 7u;
  return Run(block + 4u + 8u * (run >> 1u), 4u * (run & 1u), six_bits(block, run));
}

fn run_values(run: Run, j: u32) -> vec4<f32> {
  return run.scale.x * bytes((weight[run.at + j] >> run.shift) & 0x0f0f0f0fu) + run.scale.y;
}
