/** Measures in interleaved rounds, so that other load on the machine slows every contender alike. */
import { at } from '../src/lib/assert';
import type { Contender, MakeContender, Product } from './contender';
import { makeProblem, type Problem, type Tensor } from './problem';
import type { BenchReport, Measurement } from './report';

/** Steps whose losses are compared. They also serve as the warm-up. */
const COMPARED_STEPS = 5;
/**
 * Shortest timed run of a product for the fastest contender, in seconds, so that waiting for the device hardly counts.
 */
const PRODUCT_MS = 50;
const MOST_TIMES = 64;
/**
 * Largest error of an element, relative to the sum of its terms' magnitudes; f32 sums of 1,024 terms stay far below.
 */
const PRODUCT_TOLERANCE = 1e-5;

async function milliseconds(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** @throws if an element of the product is wrong */
function checkProduct(name: string, [left, right]: readonly [Tensor, Tensor], result: Float32Array): void {
  const inner = at(left.shape, 1);
  const columns = right.shape[1] ?? 1;
  if (result.length !== at(left.shape, 0) * columns)
    throw new Error(`${name}: the product has ${result.length} elements.`);
  // A prime stride samples rows and columns evenly without checking all elements.
  for (let i = 0; i < result.length; i += 97) {
    const row = Math.floor(i / columns);
    let exact = 0;
    let magnitude = 0;
    for (let k = 0; k < inner; k++) {
      const term = at(left.data, row * inner + k) * at(right.data, k * columns + (i % columns));
      exact += term;
      magnitude += Math.abs(term);
    }
    const difference = Math.abs(at(result, i) - exact);
    if (!(difference <= PRODUCT_TOLERANCE * magnitude))
      throw new Error(`${name}: element ${i} is wrong by ${difference}.`);
  }
}

/** Repetitions of a product in a timed run, from the speed of the fastest contender. */
async function timesOf(products: readonly Product[]): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (const product of products) {
    await product.run(1);
    fastest = Math.min(fastest, (await milliseconds(() => product.run(4))) / 4);
  }
  return Math.max(1, Math.min(MOST_TIMES, Math.ceil(PRODUCT_MS / fastest)));
}

const productsOf = {
  'matmul 512×512×512': (contender: Contender) => contender.matmul,
  'matvec 1024×4096': (contender: Contender) => contender.matvec,
} as const;

async function compareLosses(
  contenders: readonly Contender[],
  log: (line: string) => void,
): Promise<Record<string, number[]>> {
  const losses: Record<string, number[]> = {};
  for (const contender of contenders) {
    const steps: number[] = [];
    for (let step = 0; step < COMPARED_STEPS; step++) steps.push(await contender.trainStep());
    losses[contender.name] = steps;
    log(`${contender.name}: losses ${steps.map((loss) => loss.toFixed(5)).join(', ')}`);
  }
  return losses;
}

/** Samples by measurement and contender, one per round. */
class Samples {
  private readonly measurements = new Map<string, Measurement & { readonly samples: Record<string, number[]> }>();

  add(name: string, unit: string, better: Measurement['better'], contender: string, value: number): void {
    const measurement = this.measurements.get(name) ?? { name, unit, better, samples: {} };
    this.measurements.set(name, measurement);
    measurement.samples[contender] = [...(measurement.samples[contender] ?? []), value];
  }

  all(): Measurement[] {
    return [...this.measurements.values()];
  }
}

async function round(
  contenders: readonly Contender[],
  times: ReadonlyMap<string, number>,
  samples: Samples,
): Promise<void> {
  for (const { name, trainStep } of contenders)
    samples.add('training step', 'ms', 'lower', name, await milliseconds(trainStep));
  for (const [product, of] of Object.entries(productsOf)) {
    const repeated = times.get(product) ?? 1;
    for (const contender of contenders) {
      const elapsed = await milliseconds(() => of(contender).run(repeated));
      samples.add(product, 'ms', 'lower', contender.name, elapsed / repeated);
    }
  }
  for (const contender of contenders) {
    for (const { name, unit, run } of contender.own ?? [])
      samples.add(name, unit, 'higher', contender.name, await run());
  }
}

/** @throws if a contender cannot start or computes a wrong result */
export async function measure(
  device: string,
  makers: readonly MakeContender[],
  rounds: number,
  log: (line: string) => void,
): Promise<BenchReport> {
  const problem: Problem = makeProblem();
  const contenders: Contender[] = [];
  for (const make of makers) contenders.push(await make(problem));
  const losses = await compareLosses(contenders, log);

  const times = new Map<string, number>();
  for (const [product, of] of Object.entries(productsOf)) {
    times.set(product, await timesOf(contenders.map(of)));
    const factors = product.startsWith('matmul') ? problem.matmul : problem.matvec;
    for (const contender of contenders)
      checkProduct(`${contender.name}, ${product}`, factors, await of(contender).result());
  }

  const samples = new Samples();
  for (let i = 0; i < rounds; i++) {
    const first = i % contenders.length;
    await round([...contenders.slice(first), ...contenders.slice(0, first)], times, samples);
    log(`round ${i + 1}/${rounds}`);
  }
  return { version: 1, device, rounds, measurements: samples.all(), losses };
}
