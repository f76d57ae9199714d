// One thread for each row, so there is nothing to reduce.
fn row_sum(value: f32, lane: vec2<u32>) -> f32 {
  return value;
}

fn row_sum4(value: vec4<f32>, lane: vec2<u32>) -> vec4<f32> {
  return value;
}

fn row_max(value: f32, lane: vec2<u32>) -> f32 {
  return value;
}
