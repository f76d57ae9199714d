// Weights that share nothing with their neighbours: a run is one vec4.
struct Run {
  i: u32,
}

fn load_run(r: u32) -> Run {
  return Run(r);
}

fn run_values(run: Run, j: u32) -> vec4<f32> {
  return load_weight(run.i + j);
}

// The only vec4 of a run.
fn pair_values(run: Run, j: u32, p: u32) -> vec4<f32> {
  return load_weight(run.i);
}
