// The preference losses of TRL's DPOTrainer with their derivatives (DPO: arXiv 2305.18290), plus the SFT term of IRPO
// (arXiv 2404.19733). One thread handles one pair.
//
// The entry point `forward` computes the loss and its gradient: a derivative needs the values that the loss has just
// computed, and nothing comes after the loss. There is no second entry point. logprob.wgsl continues the gradient from
// `dbranch` to the logits.
//
// Branch 2p is the chosen completion of pair p and branch 2p + 1 the rejected one. `branches` [2 · pairs] = (start,
// length): the tokens of a branch are the rows [start, start + length) of `logps`. c and r are the summed
// log-probabilities of the chosen and the rejected, each minus its `reference`; nc and nr are their lengths; d = c −
// r; e is `smoothing`; lsig is log σ. `kind` chooses the loss of a pair:
//
//   0 sigmoid       −lsig(beta · d)
//   1 ipo           (c / nc − r / nr − 1 / (2 · beta))²
//   2 hinge         max(0, 1 − beta · d)
//   3 robust        (−(1 − e) · lsig(beta · d) + e · lsig(−beta · d)) / (1 − 2e)
//   4 sigmoid_norm  −lsig(beta · (c / nc − r / nr))
//   5 apo_zero      1 − σ(beta · c) + σ(beta · r)
//
// `results` [pairs] gets `weight` · loss − `sftWeight` · Σ log p(chosen tokens), and the two sums. `weight` and
// `sftWeight` include the division by the number of pairs and of tokens. `dbranch` [2 · pairs] gets the derivative by
// each branch's sum. With `weight` 0 only the SFT term is left, whatever the kind, and the rejected branch may be
// empty.

struct Params {
  pairs: u32,
  kind: u32,
  beta: f32,
  smoothing: f32,
  weight: f32,
  sftWeight: f32,
}

@group(0) @binding(0) var<storage, read> logps: array<f32>;
@group(0) @binding(1) var<storage, read> branches: array<vec2<u32>>;      // [2 · pairs]: start, length
@group(0) @binding(2) var<storage, read> reference: array<vec2<f32>>;     // [pairs]: chosen, rejected
@group(0) @binding(3) var<storage, read_write> results: array<vec4<f32>>; // [pairs]: loss, Σ chosen, Σ rejected, 0
@group(0) @binding(4) var<storage, read_write> dbranch: array<f32>;       // [2 · pairs]
@group(0) @binding(5) var<uniform> params: Params;

fn branch_sum(branch: vec2<u32>) -> f32 {
  // Kahan's compensated sum: a branch has up to thousands of terms.
  var sum = 0.0;
  var lost = 0.0;
  for (var i = 0u; i < branch.y; i++) {
    let term = logps[branch.x + i] - lost;
    let next = sum + term;
    lost = (next - sum) - term;
    sum = next;
  }
  return sum;
}

fn sigmoid(x: f32) -> f32 {
  let e = exp(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}

// log σ(x), accurate for any x. WGSL has no log1p; for small e, log(1 + e) is e − e²/2.
fn log_sigmoid(x: f32) -> f32 {
  let e = exp(-abs(x));
  return min(x, 0.0) - select(log(1.0 + e), e - 0.5 * e * e, e < 1e-3);
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
  let p = id.x;
  if (p >= params.pairs) {
    return;
  }
  let chosen = branches[2u * p];
  let rejected = branches[2u * p + 1u];
  let policy = vec2<f32>(branch_sum(chosen), branch_sum(rejected));
  let ratio = policy - reference[p];
  let lengths = vec2<f32>(max(vec2<u32>(chosen.y, rejected.y), vec2<u32>(1u)));
  let beta = params.beta;
  var loss = 0.0;
  var d = vec2<f32>(0.0);
  // No loss is computed at weight 0: 6 matches no case.
  switch select(6u, params.kind, params.weight != 0.0) {
    case 0u: {
      let x = beta * (ratio.x - ratio.y);
      loss = -log_sigmoid(x);
      d = vec2<f32>(-1.0, 1.0) * beta * sigmoid(-x);
    }
    case 1u: {
      let x = ratio.x / lengths.x - ratio.y / lengths.y - 1.0 / (2.0 * beta);
      loss = x * x;
      d = 2.0 * x * vec2<f32>(1.0, -1.0) / lengths;
    }
    case 2u: {
      let x = beta * (ratio.x - ratio.y);
      loss = max(0.0, 1.0 - x);
      d = vec2<f32>(-1.0, 1.0) * select(0.0, beta, x < 1.0);
    }
    case 3u: {
      let x = beta * (ratio.x - ratio.y);
      let e = params.smoothing;
      loss = (-(1.0 - e) * log_sigmoid(x) + e * log_sigmoid(-x)) / (1.0 - 2.0 * e);
      d = vec2<f32>(-1.0, 1.0) * beta * ((1.0 - e) * sigmoid(-x) + e * sigmoid(x)) / (1.0 - 2.0 * e);
    }
    case 4u: {
      let x = beta * (ratio.x / lengths.x - ratio.y / lengths.y);
      loss = -log_sigmoid(x);
      d = vec2<f32>(-1.0, 1.0) * beta * sigmoid(-x) / lengths;
    }
    case 5u: {
      let sc = sigmoid(beta * ratio.x);
      let sr = sigmoid(beta * ratio.y);
      loss = sigmoid(-beta * ratio.x) + sr;
      d = beta * vec2<f32>(-sc * sigmoid(-beta * ratio.x), sr * sigmoid(-beta * ratio.y));
    }
    default: {}
  }
  results[p] = vec4<f32>(params.weight * loss - params.sftWeight * policy.x, policy, 0.0);
  dbranch[2u * p] = params.weight * d.x - params.sftWeight;
  dbranch[2u * p + 1u] = params.weight * d.y;
}
