// One thread a row: nothing to reduce. LANES is 1.
fn row_sum(value: f32, lane: vec2<u32>) -> f32 {
  return value;
}

fn row_sum4(value: vec4<f32>, lane: vec2<u32>) -> vec4<f32> {
  return value;
}

fn row_max(value: f32, lane: vec2<u32>) -> f32 {
  return value;
}
