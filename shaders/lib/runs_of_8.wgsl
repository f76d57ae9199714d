// Quantised weights come in runs of 32 values (8 vec4) that share their scales. `load_run` of each format reads the
// scales once and finds the codes; `pair_values` decodes vec4 4p + j, j < 4. With a constant p compilers see that the
// vec4s j and j + 4 have the same words, which most formats share between them.
fn load_weight(i: u32) -> vec4<f32> {
  return run_values(load_run(i / 8u), i & 7u);
}

fn run_values(run: Run, j: u32) -> vec4<f32> {
  return pair_values(run, j & 3u, j >> 2u);
}
