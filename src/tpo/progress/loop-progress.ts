import type { Judge } from '../../judges/judge';
import type { Arm, Recipe } from '../../recipe/recipe';
import type { CellName, Purpose, Rollout } from '../../records/candidates';
import type { Phase, Progress } from '../../records/progress';
import type { Cell } from '../arm-iteration';
import type { PromptBlock } from '../generation/rollout-batch';
import { hasWarmUp } from '../training/warm-up';
import { ProgressMeter } from './progress-meter';
import { EXPECTED_PAIRS, EXPECTED_SAMPLES, expectedTokens, type Work, type WorkLeft } from './time-left';

type Pace = NonNullable<Judge['pace']>;

/** Tokens come by the thousand; what is said of them need not. */
const EVERY_MS = 100;

/** What the loop says of itself: the phase, how far it is, how fast it goes and how long the rest will take. */
export class LoopProgress {
  private readonly meter: ProgressMeter;
  /** Completions written so far and their tokens, by arm. */
  private readonly written = new Map<Arm, { completions: number; tokens: number }>();
  private readonly paired = { prompts: 0, pairs: 0 };
  private sent = Number.NEGATIVE_INFINITY;
  private current: Omit<Progress, 'tokensPerSecond' | 'secondsLeft'> | null = null;

  constructor(
    private readonly recipe: Recipe,
    private readonly heldout: number,
    /** Cells not yet closed, the one under way first. */
    private readonly ahead: readonly CellName[],
    /** Those that are open. */
    private readonly cells: readonly Cell[],
    private readonly judges: { readonly train: Pace; readonly evaluate: Pace; readonly compares: boolean },
    private readonly emit: (progress: Progress) => void,
    private readonly now: () => number,
  ) {
    this.meter = new ProgressMeter(recipe, now);
  }

  /** What an earlier session measured: its rollouts teach how long one takes. */
  remember(rollouts: readonly Rollout[]): void {
    for (const rollout of rollouts) {
      this.countWritten(rollout);
      this.countPair(rollout);
      const { purpose, arm, judgement, comparisons, seconds } = rollout;
      const work = purpose === 'evaluate' ? 'evaluate' : 'generate';
      const apart = this.judgesApart(purpose) || comparisons.length > 0;
      this.meter.remember(work, arm, seconds.generate + (apart ? 0 : seconds.judge), 1);
      if (comparisons.length > 0) this.meter.remember('compare', arm, seconds.judge, comparisons.length);
      else if (apart && judgement !== null) this.meter.remember('judge', arm, seconds.judge, 1);
    }
  }

  countWritten({ arm, candidates }: Rollout): void {
    const written = this.written.get(arm) ?? { completions: 0, tokens: 0 };
    written.completions += candidates.length;
    for (const { tokens } of candidates) written.tokens += tokens.length;
    this.written.set(arm, written);
  }

  countPair({ pair }: Rollout): void {
    if (!pair) return;
    this.paired.prompts++;
    if ('chosen' in pair) this.paired.pairs++;
  }

  begin(work: Work, arm: Arm): void {
    this.meter.begin(work, arm);
  }

  /** Returns the seconds of the unit. */
  end(units: number): number {
    return this.meter.end(units);
  }

  pause(): void {
    this.meter.pause();
  }

  tokens(count: number): void {
    this.meter.tokens(count);
    if (this.current && this.now() - this.sent >= EVERY_MS) this.send(this.current);
  }

  report(phase: Phase, { iteration, arm }: CellName, done: number, total: number, unit: Progress['unit']): void {
    this.current = { phase, iteration, iterations: this.recipe.iterations, arm, done, total, unit };
    this.send(this.current);
  }

  private send(current: Omit<Progress, 'tokensPerSecond' | 'secondsLeft'>): void {
    this.sent = this.now();
    this.emit({
      ...current,
      tokensPerSecond: this.meter.tokensPerSecond(),
      secondsLeft: this.meter.secondsLeft(this.workLeft(), this.partial()),
    });
  }

  /** Prompts half written, in prompts. */
  private partial(): number {
    const cell = this.cells.find((each) => blockUnderWay(each) !== null);
    if (!cell) return 0;
    const block = blockUnderWay(cell);
    const { completions, tokens } = this.written.get(cell.arm) ?? { completions: 0, tokens: 0 };
    return block?.partial(completions > 0 ? tokens / completions : expectedTokens(this.recipe, cell.arm)) ?? 0;
  }

  /** Its judge comes after the writing, in work of its own. How long a person takes is not foretold. */
  private judgesApart(purpose: Purpose): boolean {
    if (purpose === 'warm-up' || (purpose === 'evaluate' && this.judges.compares)) return false;
    return this.judges[purpose] === 'policy-idle';
  }

  /** Prompts × policies that they are held against: the seed model, and the arm that comes first. */
  private comparisonsLeft({ iteration, arm }: CellName, here: Cell | undefined): number {
    if (!this.judges.compares || here?.evaluated) return 0;
    const opponents = (iteration > 0 ? 1 : 0) + this.recipe.arms.indexOf(arm);
    const done = here?.evaluation.rollouts.reduce((sum, rollout) => sum + (rollout?.comparisons.length ?? 0), 0) ?? 0;
    return Math.max(0, opponents * this.heldout - done);
  }

  private workLeft(): WorkLeft[] {
    const { recipe, heldout } = this;
    const units = new Map<string, { work: Work; arm: Arm; units: number }>();
    const add = (work: Work, arm: Arm, count: number) => {
      const key = `${work} ${arm}`;
      units.set(key, { work, arm, units: (units.get(key)?.units ?? 0) + count });
    };
    const pairsOf = (prompts: number) =>
      prompts * (this.paired.prompts > 0 ? this.paired.pairs / this.paired.prompts : EXPECTED_PAIRS);
    const steps = (pairs: number) => recipe.epochs * Math.ceil(pairs / recipe.pairsPerStep);
    for (const { iteration, arm } of this.ahead) {
      const here = this.cells.find((cell) => cell.iteration === iteration && cell.arm === arm);
      const roll = (purpose: 'train' | 'evaluate', block: PromptBlock | null | undefined, prompts: number) => {
        add(purpose === 'evaluate' ? 'evaluate' : 'generate', arm, block ? block.unwritten : prompts);
        if (this.judgesApart(purpose)) add('judge', arm, block ? block.left : prompts);
      };
      roll('evaluate', here?.evaluation, heldout);
      add('compare', arm, this.comparisonsLeft({ iteration, arm }, here));
      if (hasWarmUp(recipe, { iteration, arm })) {
        add('generate', arm, here?.training ? here.training.unwritten : recipe.sftPrompts);
        const samples = Math.ceil((EXPECTED_SAMPLES * recipe.sftPrompts) / recipe.pairsPerStep);
        add('sft', arm, here?.samples ? here.batches.length - here.step : recipe.sftEpochs * samples);
      }
      if (iteration === 0) continue;
      roll('train', here?.training, recipe.promptsPerIteration);
      const pairs = here?.pairs?.length ?? pairsOf(recipe.promptsPerIteration);
      add('reference', arm, here?.reference ? 0 : pairs);
      add('train', arm, here?.pairs ? here.batches.length - here.step : steps(pairs));
    }
    return [...units.values()];
  }
}

/** The seed model is evaluated before it is warmed up. */
const blockUnderWay = ({ iteration, training, evaluation }: Cell): PromptBlock | null =>
  (iteration === 0 ? [evaluation, training] : [training, evaluation]).find((block) => block && block.unwritten > 0) ??
  null;
