// Samples one token for each lane from its logits, and prepares the lane for the next step.
//
// With `temperature` 0 it takes the largest logit, the lowest index first. Otherwise x = logit / temperature, and
// tokens are kept in two steps: the `topK` largest x (0 keeps all; ties with the k-th are kept), then the smallest
// set of most probable tokens whose mass reaches `topP` (ties are kept). The token is drawn with Gumbel-max among the
// kept:
//
//   argmax of x + g,   g = −log(−log(1 − v)),   v = ((r >> 9) + ½) · 2⁻²³
//
// r is the first word of threefry2x32-20 (Salmon et al. 2011) at counter (token, 0). Its key is the threefry of key
// (`seed`, `stream`) at counter (`candidate`, `length`). A draw depends on nothing else, so a candidate can be
// replayed exactly, in any lane.
//
// Both cuts are found without sorting. The count, or the mass, above a threshold falls as the threshold rises, so
// eight thresholds at a time split the bracket in nine, until no logit is left inside it. Most of the vocabulary is
// far below the thresholds: `summarise` writes the largest x of each block of logits and the mass of the block,
// relative to it, to `blocks` [L, B]. `forward` runs after it, and reads only the blocks that reach its lowest
// threshold.
//
// `logits` [L, stride]; `lanes` [L] says what to draw with; `written` [steps, L] gets the token, or `IDLE` where the
// lane is idle. `tokens`, `positions`, `kvRows` [L] and `ranges` [L, 4] are the inputs of the next decode step and are
// moved on by one token. In `forward`, `LANES` threads share a lane (lib/reduce_*); in `summarise`, a thread has a
// block.

struct Params {
  rows: u32,       // L
  vocabulary: u32,
  stride: u32,     // width of logits, / 4
  count: u32,      // B
  temperature: f32,
  topK: u32,
  topP: f32,
  seed: u32,
  end0: u32,       // tokens that end a turn; IDLE where there are fewer than four
  end1: u32,
  end2: u32,
  end3: u32,
}

struct Lane {
  stream: u32,
  candidate: u32,
  length: u32,   // tokens written so far
  limit: u32,    // most tokens to write; 0 for an idle lane
  step: u32,     // next row of `written`
  pad0: u32,
  pad1: u32,
  pad2: u32,
}

const IDLE: u32 = 0xffffffffu;
const LOWEST: f32 = -1e30;
const SPAN: u32 = 64u;
const DEPTH: u32 = 16u;

@group(0) @binding(0) var<storage, read> logits: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> lanes: array<Lane>;
@group(0) @binding(2) var<storage, read_write> tokens: array<u32>;        // [L]: input of the next step
@group(0) @binding(3) var<storage, read_write> positions: array<u32>;     // [L]
@group(0) @binding(4) var<storage, read_write> kvRows: array<u32>;         // [L]: row of the cache
@group(0) @binding(5) var<storage, read_write> ranges: array<vec4<u32>>;  // [L]
@group(0) @binding(6) var<storage, read_write> written: array<u32>;
@group(0) @binding(7) var<storage, read_write> blocks: array<vec2<f32>>;  // [L, B]: max x, Σ exp(x − max)
@group(0) @binding(8) var<uniform> params: Params;

fn rotate(x: u32, by: u32) -> u32 {
  return (x << by) | (x >> (32u - by));
}

fn four_rounds(start: vec2<u32>, a: u32, b: u32, c: u32, d: u32) -> vec2<u32> {
  var x = start;
  x.x += x.y;
  x.y = rotate(x.y, a) ^ x.x;
  x.x += x.y;
  x.y = rotate(x.y, b) ^ x.x;
  x.x += x.y;
  x.y = rotate(x.y, c) ^ x.x;
  x.x += x.y;
  x.y = rotate(x.y, d) ^ x.x;
  return x;
}

fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
  let third = key.x ^ key.y ^ 0x1bd11bdau;
  var x = counter + key;
  x = four_rounds(x, 13u, 15u, 26u, 6u) + vec2<u32>(key.y, third + 1u);
  x = four_rounds(x, 17u, 29u, 16u, 24u) + vec2<u32>(third, key.x + 2u);
  x = four_rounds(x, 13u, 15u, 26u, 6u) + vec2<u32>(key.x, key.y + 3u);
  x = four_rounds(x, 17u, 29u, 16u, 24u) + vec2<u32>(key.y, third + 4u);
  x = four_rounds(x, 13u, 15u, 26u, 6u) + vec2<u32>(third, key.x + 5u);
  return x;
}

// −log(−log(1 − v)). Large values come from small v, where log has an absolute error of 2⁻²¹; there −log(1 − v) is
// computed by its series.
fn gumbel(random: u32) -> f32 {
  let v = (f32(random >> 9u) + 0.5) * 1.1920928955078125e-7;
  let series = v * (1.0 + v * (0.5 + v * (0.33333333 + v * 0.25)));
  return -log(select(-log(1.0 - v), series, v < 0.02));
}

// logit / temperature of four tokens; LOWEST beyond the vocabulary.
fn scaled(base: u32, c: u32, inverse: f32) -> vec4<f32> {
  let inside = 4u * c + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.vocabulary);
  return select(vec4<f32>(LOWEST), logits[base + c] * inverse, inside);
}

// A block has up to `DEPTH` vec4. `SPAN` blocks are interleaved, so that neighbouring threads read neighbours.
fn block_begin(b: u32) -> u32 {
  return b / SPAN * (SPAN * DEPTH) + b % SPAN;
}

fn block_end(b: u32) -> u32 {
  return min((b / SPAN + 1u) * (SPAN * DEPTH), (params.vocabulary + 3u) / 4u);
}

@compute @workgroup_size(64)
fn summarise(@builtin(global_invocation_id) id: vec3<u32>) {
  let b = id.x;
  let l = id.y;
  if (b >= params.count || l >= params.rows) {
    return;
  }
  let base = l * params.stride;
  let inverse = inverse_temperature();
  var highest = vec4<f32>(LOWEST);
  for (var c = block_begin(b); c < block_end(b); c += SPAN) {
    highest = max(highest, scaled(base, c, inverse));
  }
  let top = max(max(highest.x, highest.y), max(highest.z, highest.w));
  var mass = vec4<f32>(0.0);
  if (params.topP < 1.0 && params.temperature != 0.0) {
    for (var c = block_begin(b); c < block_end(b); c += SPAN) {
      mass += exp(scaled(base, c, inverse) - top);
    }
  }
  blocks[l * params.count + b] = vec2<f32>(top, dot(mass, vec4<f32>(1.0)));
}

fn inverse_temperature() -> f32 {
  return select(1.0 / max(params.temperature, 1e-30), 1.0, params.temperature == 0.0);
}

// Distances of the first thresholds from the largest x. Almost all cuts are near it.
const NEAR0: vec4<f32> = vec4<f32>(24.0, 16.0, 11.0, 8.0);
const NEAR1: vec4<f32> = vec4<f32>(5.5, 3.5, 2.0, 1.0);

// The largest threshold t in (LOWEST, top] such that Σ_{x ≥ t} weight(x) ≥ goal. weight is 1 when counting, else
// exp(x − top). Tokens below `bottom` are not counted.
fn threshold(l: u32, inverse: f32, top: f32, bottom: f32, goal: f32, counting: bool, lane: vec2<u32>) -> f32 {
  let base = l * params.stride;
  // The tokens at or above `low` reach the goal together; those above `high` do not.
  var low = max(bottom, top - 80.0);
  var high = top;
  for (var round = 0u; round < 16u; round++) {
    let span = (high - low) / 9.0;
    var t0 = low + span * vec4<f32>(1.0, 2.0, 3.0, 4.0);
    var t1 = low + span * vec4<f32>(5.0, 6.0, 7.0, 8.0);
    if (round == 0u) {
      t0 = max(top - NEAR0, vec4<f32>(low));
      t1 = max(top - NEAR1, vec4<f32>(low));
    }
    var sum0 = vec4<f32>(0.0);
    var sum1 = vec4<f32>(0.0);
    var atHigh = 0.0;
    for (var b = lane.x; b < params.count; b += LANES) {
      if (blocks[l * params.count + b].x >= t0.x) {
        for (var c = block_begin(b); c < block_end(b); c += SPAN) {
          let four = scaled(base, c, inverse);
          if (any(four >= vec4<f32>(t0.x))) {
            let weight = select(exp(four - top), vec4<f32>(1.0), counting);
            // @unroll
            for (var i = 0u; i < 4u; i++) {
              sum0 += select(vec4<f32>(0.0), vec4<f32>(weight[i]), vec4<f32>(four[i]) >= t0);
              sum1 += select(vec4<f32>(0.0), vec4<f32>(weight[i]), vec4<f32>(four[i]) >= t1);
            }
            atHigh += dot(select(vec4<f32>(0.0), weight, four >= vec4<f32>(high)), vec4<f32>(1.0));
          }
        }
      }
    }
    sum0 = row_sum4(sum0, lane);
    sum1 = row_sum4(sum1, lane);
    atHigh = row_sum(atHigh, lane);
    if (atHigh >= goal) {
      return high;
    }
    let reached = u32(dot(select(vec4<f32>(0.0), vec4<f32>(1.0), sum0 >= vec4<f32>(goal)), vec4<f32>(1.0))
      + dot(select(vec4<f32>(0.0), vec4<f32>(1.0), sum1 >= vec4<f32>(goal)), vec4<f32>(1.0)));
    // The same values as compared above: computed again they could round differently and lose a token that equals one.
    let marks = array<f32, 10>(low, t0.x, t0.y, t0.z, t0.w, t1.x, t1.y, t1.z, t1.w, high);
    low = marks[reached];
    high = marks[reached + 1u];
    if (high - low <= 1e-6 * max(1.0, abs(top))) {
      break;
    }
  }
  return low;
}

// Σ exp(x − top) of the tokens with x ≥ cut.
fn kept_mass(l: u32, inverse: f32, top: f32, cut: f32, lane: vec2<u32>) -> f32 {
  var mass = 0.0;
  for (var b = lane.x; b < params.count; b += LANES) {
    let block = blocks[l * params.count + b];
    if (cut == LOWEST) {
      mass += block.y * exp(block.x - top);
    } else if (block.x >= cut) {
      for (var c = block_begin(b); c < block_end(b); c += SPAN) {
        let x = scaled(l * params.stride, c, inverse);
        mass += dot(select(vec4<f32>(0.0), exp(x - top), x >= vec4<f32>(cut)), vec4<f32>(1.0));
      }
    }
  }
  return row_sum(mass, lane);
}

@compute @workgroup_size(LANES, ROWS)
fn forward(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let row = group.x * ROWS + local.y;
  let l = min(row, params.rows - 1u);
  let base = l * params.stride;
  let lane = lanes[l];
  let first = l * params.count;
  let greedy = params.temperature == 0.0;
  let inverse = inverse_temperature();

  var highest = LOWEST;
  for (var b = local.x; b < params.count; b += LANES) {
    highest = max(highest, blocks[first + b].x);
  }
  let top = row_max(highest, local.xy);

  var cut = select(LOWEST, top, greedy);
  // Step 0 cuts by top-k, step 1 by top-p. One call of `threshold` for both, because compilers inline it.
  for (var step = 0u; step < 2u; step++) {
    let counting = step == 0u;
    let byK = counting && params.topK > 0u && params.topK < params.vocabulary;
    let byP = !counting && params.topP < 1.0;
    if (!greedy && (byK || byP)) {
      var goal = f32(params.topK);
      if (!counting) {
        goal = params.topP * kept_mass(l, inverse, top, cut, local.xy);
      }
      cut = threshold(l, inverse, top, cut, goal, counting, local.xy);
    }
  }

  let key = threefry(vec2<u32>(params.seed, lane.stream), vec2<u32>(lane.candidate, lane.length));
  var best = LOWEST * 2.0;
  var choice = IDLE;
  for (var b = local.x; b < params.count; b += LANES) {
    if (blocks[first + b].x >= cut) {
      for (var c = block_begin(b); c < block_end(b); c += SPAN) {
        let x = scaled(base, c, inverse);
        for (var i = 0u; i < 4u; i++) {
          let token = 4u * c + i;
          if (token < params.vocabulary && x[i] >= cut) {
            var y = x[i];
            if (!greedy) {
              y += gumbel(threefry(key, vec2<u32>(token, 0u)).x);
            }
            // Blocks are interleaved, so tokens do not come in order.
            if (y > best || (y == best && token < choice)) {
              best = y;
              choice = token;
            }
          }
        }
      }
    }
  }
  let winner = row_max(best, local.xy);
  // The lowest index among the best: the maximum of the negated indices (exact below 2²⁴).
  let token = u32(-row_max(select(-16777216.0, -f32(choice), best == winner && choice != IDLE), local.xy));

  if (row >= params.rows || local.x != 0u) {
    return;
  }
  let live = lane.length < lane.limit;
  written[lane.step * params.rows + l] = select(IDLE, token, live);
  lanes[l].step = lane.step + 1u;
  if (live) {
    let ended = token == params.end0 || token == params.end1 || token == params.end2 || token == params.end3;
    lanes[l].length = lane.length + 1u;
    if (ended) {
      lanes[l].limit = 0u;
    } else if (lane.length + 1u < lane.limit) {
      tokens[l] = token;
      positions[l] += 1u;
      kvRows[l] += 1u;
      ranges[l].w += 1u;
    }
  }
}
