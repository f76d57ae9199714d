// The scale d · s and the offset −dmin · m of run `k` of a `block`, with six-bit s and m. Runs 4 … 7 keep their low
// four bits in the third word, and their high two bits above those of runs 0 … 3.
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
