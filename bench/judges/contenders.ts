/** The judges that are measured. One more is one more entry. */
import type { OpenJudge } from '../../src/judges/judge';
import { ruleJudge } from '../../src/judges/rule';
import { bundledJudge } from '../../src/worker/onnx-judges';
import { selfJudge } from '../../src/worker/self-judge';
import { openPolicy } from './policy';
import type { JudgeOptions, JudgePair } from './report';

export interface Contender {
  readonly name: string;
  /** Resolves when it can judge. */
  open(options: JudgeOptions, pairs: readonly JudgePair[]): Promise<OpenJudge>;
}

const base = new URL('./', location.href).href;

export const CONTENDERS: readonly Contender[] = [
  { name: 'rule', open: async () => ({ ...ruleJudge, name: 'rule', promptVersion: null, dispose() {} }) },
  {
    name: 'tiny-judge',
    async open() {
      const judge = bundledJudge(base, null);
      await judge.load();
      return judge;
    },
  },
  {
    name: 'self',
    async open({ model }, pairs) {
      const { policy, recipe, close } = await openPolicy(
        model,
        pairs.map(({ instruction }) => instruction),
      );
      const judge = selfJudge(recipe, () => policy);
      return {
        ...judge,
        name: `self (${model?.name ?? 'tiny-thinker'})`,
        dispose() {
          judge.dispose();
          close();
        },
      };
    },
  },
];
