// Four five-bit codes as bytes, for vec4 4p + j of a run. The low four bits of each come from `word`; its fifth bit is
// bit 16p + 4j + b of `fifth`, which becomes bit 4 of byte b.
fn five_bits(word: u32, fifth: u32, j: u32, p: u32) -> u32 {
  let high = fifth >> (16u * p + 4u * j);
  let spread = ((high & 1u) << 4u) | ((high & 2u) << 11u) | ((high & 4u) << 18u) | ((high & 8u) << 25u);
  return ((word >> (4u * p)) & 0x0f0f0f0fu) | spread;
}
