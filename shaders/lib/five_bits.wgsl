// Four five-bit codes as bytes, for group `j` of a run. The low four bits of each come from `word`; its fifth bit is
// bit 4j + b of `fifth`, which becomes bit 4 of byte b.
fn five_bits(word: u32, fifth: u32, j: u32) -> u32 {
  let high = fifth >> (4u * j);
  let spread = ((high & 1u) << 4u) | ((high & 2u) << 11u) | ((high & 4u) << 18u) | ((high & 8u) << 25u);
  return ((word >> (j & 4u)) & 0x0f0f0f0fu) | spread;
}
