// `LANES` threads share a row, and a workgroup has one row: a tree reduction in workgroup memory. The results are
// uniform, so barriers may follow branches on them.
var<workgroup> reduced: array<vec4<f32>, LANES>;

fn row_sum4(value: vec4<f32>, lane: vec2<u32>) -> vec4<f32> {
  reduced[lane.x] = value;
  workgroupBarrier();
  for (var span = LANES / 2u; span > 0u; span /= 2u) {
    if (lane.x < span) {
      reduced[lane.x] += reduced[lane.x + span];
    }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&reduced[0]);
}

fn row_sum(value: f32, lane: vec2<u32>) -> f32 {
  return row_sum4(vec4<f32>(value), lane).x;
}

fn row_max(value: f32, lane: vec2<u32>) -> f32 {
  reduced[lane.x].x = value;
  workgroupBarrier();
  for (var span = LANES / 2u; span > 0u; span /= 2u) {
    if (lane.x < span) {
      reduced[lane.x].x = max(reduced[lane.x].x, reduced[lane.x + span].x);
    }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&reduced[0]).x;
}
