// The j-th four codes: their low four bits from the word, and of `fifth` bit 4j + b as bit 4 of byte b.
fn five_bits(word: u32, fifth: u32, j: u32) -> u32 {
  let high = fifth >> (4u * j);
  let spread = ((high & 1u) << 4u) | ((high & 2u) << 11u) | ((high & 4u) << 18u) | ((high & 8u) << 25u);
  return ((word >> (j & 4u)) & 0x0f0f0f0fu) | spread;
}
