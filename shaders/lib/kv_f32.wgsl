// Keys and values stored as f32: two neighbours are a `Stored2`, and four a `Stored4`.

alias Stored2 = vec2<f32>;
alias Stored4 = vec4<f32>;

fn stored(values: vec2<f32>) -> Stored2 {
  return values;
}

fn values_of_2(two: Stored2) -> vec2<f32> {
  return two;
}

fn values_of_4(four: Stored4) -> vec4<f32> {
  return four;
}
