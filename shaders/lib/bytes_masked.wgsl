// The four bytes of a word. They are masked in place and scaled down, because software adapters shift one lane at a
// time.
fn bytes(word: u32) -> vec4<f32> {
  let masked = vec4<u32>(word) & vec4<u32>(0xffu, 0xff00u, 0xff0000u, 0xff000000u);
  return vec4<f32>(masked) * vec4<f32>(1.0, 0.00390625, 0.0000152587890625, 5.9604644775390625e-8);
}
