// Quantised weights come in runs of 32 values (8 vec4) that share their scales. `load_run` of each format reads the
// scales once and finds the codes; `run_values` decodes one vec4.
fn load_weight(i: u32) -> vec4<f32> {
  return run_values(load_run(i / 8u), i & 7u);
}

// The four bytes of a word. They are masked in place and scaled down, because software adapters shift one lane at a
// time.
fn bytes(word: u32) -> vec4<f32> {
  let masked = vec4<u32>(word) & vec4<u32>(0xffu, 0xff00u, 0xff0000u, 0xff000000u);
  return vec4<f32>(masked) * vec4<f32>(1.0, 0.00390625, 0.0000152587890625, 5.9604644775390625e-8);
}
