// Keys and values stored as f16, two in a word, without the feature shader-f16: two neighbours are a `Stored2`, and
// four a `Stored4`.
//
// WGSL lets pack2x16float round up or down, and its result for numbers beyond the range of f16 is undefined. So
// `stored` rounds to the nearest first, ties to even, and numbers beyond ±65504 become ±65504. NaN does, too.

alias Stored2 = u32;
alias Stored4 = vec2<u32>;

// The bits of 65504 as f32.
const LARGEST: u32 = 0x477fe000u;

fn stored(values: vec2<f32>) -> Stored2 {
  let bits = bitcast<vec2<u32>>(values);
  let magnitude = bits & vec2<u32>(0x7fffffffu);
  // f16 has 13 bits of fraction less.
  let odd = (magnitude >> vec2<u32>(13u)) & vec2<u32>(1u);
  let rounded = (magnitude + 0xfffu + odd) & vec2<u32>(0xffffe000u);
  let sign = bits & vec2<u32>(0x80000000u);
  return pack2x16float(bitcast<vec2<f32>>(sign | min(rounded, vec2<u32>(LARGEST))));
}

fn values_of_2(two: Stored2) -> vec2<f32> {
  return unpack2x16float(two);
}

fn values_of_4(four: Stored4) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(four.x), unpack2x16float(four.y));
}
