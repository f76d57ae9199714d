/** A sequence-classification model in ONNX as a judge: its logit of a response, read with the instruction. */
import { LabError } from '../../lib/errors';
import type { Judgement, JudgeRequest, OpenJudge } from '../judge';
import type { ModelInput } from './input';
import type { Graph, Loaded } from './onnx.worker';
import { OnnxSession, type OnnxSessionOptions, RETRY } from './session';

/** An instruction and a response as a model reads them; null where the instruction leaves no room for a response. */
export type PairReader = (instruction: string, response: string) => Promise<ModelInput | null>;

export interface OnnxJudgeOptions extends Omit<OnnxSessionOptions<PairReader>, 'graph'> {
  readonly graph: Pick<Graph, 'pad' | 'vocabulary'>;
  /** Which of several labels is the score; null: the last. */
  readonly label?: number | null;
  /** Its labels do not exclude each other: a logit counts alone. */
  readonly independent?: boolean;
}

export class OnnxJudge implements OpenJudge {
  readonly name: string;
  readonly promptVersion = null;
  readonly #session: OnnxSession<PairReader>;

  constructor(private readonly options: OnnxJudgeOptions) {
    this.name = options.name;
    this.#session = new OnnxSession({ ...options, graph: { ...options.graph, head: 'reward', pooling: 'mean' } });
  }

  /** Fetches and starts everything, once; after a failure the next call tries again. @throws LabError judge-failed */
  async load(): Promise<Loaded> {
    return (await this.#session.open()).loaded;
  }

  /** Higher is better. @throws LabError judge-failed, cancelled */
  async score({ instruction, responses, signal }: JudgeRequest): Promise<Judgement> {
    const { loaded, reader } = await this.#session.open();
    const inputs = await Promise.all(responses.map((response) => reader(instruction, response)));
    const readable = inputs.filter((input) => input !== null);
    const rows = await this.#session.run(readable, signal);
    const scores = inputs.map((input) => {
      const logits = input === null ? null : rows[readable.indexOf(input)];
      return logits ? this.#scoreOf(logits) : null;
    });
    return { scores, detail: `reward model in onnxruntime (${loaded.provider})` };
  }

  get memory(): number {
    return this.#session.memory;
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  /** Ends the worker, for good; calls in flight and later ones reject. */
  dispose(): void {
    this.#session.close();
  }

  /** The only logit as it is; of several the chosen label's, as a log-probability where they exclude each other. */
  #scoreOf(logits: Float32Array): number {
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
