/** What every judge is to the loop. Types only. A judge sees responses, never thoughts. */
import type { WeightedCheck } from '../recipe/checks';
import type { JudgeCall, MemberScores } from '../records/judgements';
import type { Vote } from '../records/votes';

export interface JudgeRequest {
  readonly instruction: string;
  readonly responses: readonly string[];
  /** Right answer and the name of the rule that checks it; a judge that learns may ignore it. */
  readonly reference?: { readonly answer: string; readonly check: string };
  /** More that the rule checks, each with its weight. */
  readonly checks?: readonly WeightedCheck[];
  /** Asks about equal responses too, which otherwise tie unasked: how a judge is tested. */
  readonly askEqual?: boolean;
  /** A person's, as positions in `responses`, for a judge that waits for one. */
  readonly vote?: Vote;
  /** Aborted when nobody waits for the verdict any more. */
  readonly signal?: AbortSignal;
}

export interface Judgement {
  /** In the order of the responses, higher is better; null where the judge came to no verdict. */
  readonly scores: readonly (number | null)[];
  /** How the scores came about, in a few words. */
  readonly detail: string;
  readonly calls?: readonly JudgeCall[];
  /** Of a panel. */
  readonly members?: readonly MemberScores[];
}

export interface Judge {
  /** Its scores mean something only among the responses of one call, as ratings won against each other do. */
  readonly relative?: boolean;
  /**
   * When it can be asked: at once (the default), when the policy writes nothing (it runs on the policy's own weights), or when a person
   * finds the time.
   */
  readonly pace?: 'at-once' | 'policy-idle' | 'patient';
  /** Who meets control rows in its place: a panel without its people. */
  readonly tested?: Judge;
  /** @throws LabError judge-failed, cancelled */
  score(request: JudgeRequest): Promise<Judgement>;
}

/** A judge as a run holds it. */
export interface OpenJudge extends Judge {
  /** As it is stored beside its verdicts, e.g. `rule`, `tiny-judge`, `webllm SmolLM2-135M-Instruct`. */
  readonly name: string;
  /** First 8 hex digits of the sha-256 of the words it is asked with; null where it is asked in none. */
  readonly promptVersion: string | null;
  /** Bytes of GPU memory that it takes while it is loaded; absent where it takes none. */
  readonly memory?: number;
  /** Gives back the memory that it holds on the GPU; the next score loads it again. */
  release?(): Promise<void>;
  /** Ends it; calls in flight reject. */
  dispose(): void;
}
