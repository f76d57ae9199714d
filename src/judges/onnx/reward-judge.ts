/** A reward model in ONNX format (sequence classification) as the judge: the score is its logit for the response. */
import { LabError } from '../../lib/errors';
import type { Judgement, JudgeRequest, OpenJudge } from '../judge';
import type { Graph, Loaded } from './onnx.worker';
import type { PairReader } from './reading';
import { OnnxSession, type OnnxSessionOptions, RETRY } from './session';

export interface RewardJudgeOptions extends Omit<OnnxSessionOptions<PairReader>, 'graph'> {
  readonly graph: Pick<Graph, 'pad' | 'vocabulary'>;
  /** Index of the label whose logit is the score; null for the last label. */
  readonly label?: number | null;
  /** True if the labels do not exclude each other (multi-label classification). The logit is then used as it is. */
  readonly independent?: boolean;
}

export class RewardJudge implements OpenJudge {
  readonly name: string;
  readonly promptVersion = null;
  private readonly session: OnnxSession<PairReader>;

  constructor(private readonly options: RewardJudgeOptions) {
    this.name = options.name;
    this.session = new OnnxSession({ ...options, graph: { ...options.graph, head: 'reward', pooling: 'mean' } });
  }

  /** Fetches and starts the model, once. After a failure the next call tries again. @throws LabError judge-failed */
  async load(): Promise<Loaded> {
    return (await this.session.open()).loaded;
  }

  /** @throws LabError judge-failed, cancelled */
  async score({ instruction, responses, signal }: JudgeRequest): Promise<Judgement> {
    const { loaded, reader } = await this.session.open();
    const inputs = await Promise.all(responses.map((response) => reader(instruction, response)));
    const readable = inputs.filter((input) => input !== null);
    const rows = await this.session.run(readable, signal);
    const scores = inputs.map((input) => {
      const logits = input === null ? null : rows[readable.indexOf(input)];
      return logits ? this.scoreOf(logits) : null;
    });
    return { scores, detail: `reward model in onnxruntime (${loaded.provider})` };
  }

  get memory(): number {
    return this.session.memory;
  }

  release(): Promise<void> {
    return this.session.release();
  }

  dispose(): void {
    this.session.close();
  }

  /** A single logit is the score. With several labels it is the chosen label's log-probability (or logit). */
  private scoreOf(logits: Float32Array): number {
    const { label = null, independent = false } = this.options;
    const chosen = label === null ? logits.at(-1) : logits[label];
    if (chosen === undefined) {
      const labels = `${logits.length} ${logits.length === 1 ? 'label' : 'labels'}`;
      throw new LabError('judge-failed', `The judge's model has ${labels}, and none is number ${label}.`, RETRY);
    }
    if (logits.length === 1 || independent) return chosen;
    const most = Math.max(...logits);
    return chosen - most - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  }
}
