// The four bytes of a word. GPUs have one instruction that extracts a byte and converts it, and their compilers
// recognise it in this form.
fn bytes(word: u32) -> vec4<f32> {
  return vec4<f32>((vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(0xffu));
}
