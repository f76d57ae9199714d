/** Scores a response by its similarity to the reference answer: the cosine of their embeddings. */
import type { Judgement, JudgeRequest, OpenJudge } from '../judge';
import type { Graph, Loaded } from './onnx.worker';
import type { TextReader } from './reading';
import { OnnxSession, type OnnxSessionOptions } from './session';

export interface SimilarityJudgeOptions extends Omit<OnnxSessionOptions<TextReader>, 'graph'> {
  readonly graph: Omit<Graph, 'head'>;
}

export class SimilarityJudge implements OpenJudge {
  readonly name: string;
  readonly promptVersion = null;
  private readonly session: OnnxSession<TextReader>;

  constructor(options: SimilarityJudgeOptions) {
    this.name = options.name;
    this.session = new OnnxSession({ ...options, graph: { ...options.graph, head: 'embedding' } });
  }

  /** Fetches and starts the model, once. After a failure the next call tries again. @throws LabError judge-failed */
  async load(): Promise<Loaded> {
    return (await this.session.open()).loaded;
  }

  /** Scores from −1 to 1; null if the prompt has no reference answer. @throws LabError judge-failed, cancelled */
  async score({ responses, reference, signal }: JudgeRequest): Promise<Judgement> {
    if (reference === undefined) {
      return { scores: responses.map(() => null), detail: 'no reference answer to compare with' };
    }
    const { loaded, reader } = await this.session.open();
    const inputs = await Promise.all([reference.answer, ...responses].map(reader));
    const [answer, ...rows] = await this.session.run(inputs, signal);
    return {
      scores: rows.map((row) => (answer && row ? cosine(answer, row) : null)),
      detail: `cosine of the embeddings of response and reference answer, in onnxruntime (${loaded.provider})`,
    };
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
}

/** Both vectors have length 1. */
const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
