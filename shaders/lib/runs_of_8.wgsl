// Quantised weights come in runs of 32 values (8 vec4) that share their scales. `load_run` of each format reads the
// scales once and finds the codes; `run_values` decodes one vec4.
fn load_weight(i: u32) -> vec4<f32> {
  return run_values(load_run(i / 8u), i & 7u);
}
