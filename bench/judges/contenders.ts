/** The judges that are measured. Add an entry to measure another one. */
import type { OpenJudge } from '../../src/judges/judge';
import type { JudgeModel } from '../../src/judges/language/judge-model';
import { createLanguageJudge } from '../../src/judges/language/language-judge';
import { bundledJudge } from '../../src/judges/onnx/open';
import { NO_ACCESS } from '../../src/judges/remote/access';
import { Budget } from '../../src/judges/remote/budget';
import { openRemoteModel } from '../../src/judges/remote/remote-model';
import { ReplyCache } from '../../src/judges/remote/reply-cache';
import { ruleJudge } from '../../src/judges/rule';
import { selfJudge } from '../../src/judges/self';
import { WebllmSession } from '../../src/judges/webllm/session';
import { openWebllmModel } from '../../src/judges/webllm/webllm-model';
import { BUNDLED_JUDGE } from '../../src/recipe/judges/onnx';
import { PRESETS } from '../../src/recipe/presets';
import { ModelFiles } from '../../src/worker/models/model-files';
import { openPolicy } from '../policy';
import { judgingRecipe } from './recipe';
import type { JudgeOptions, JudgePair } from './report';
import { ONE_LETTER } from './words';

export interface Contender {
  readonly name: string;
  /** Resolves when the judge is loaded. */
  open(options: JudgeOptions, pairs: readonly JudgePair[]): Promise<OpenJudge>;
}

const base = new URL('./', location.href).href;

/** A judge that compares in both orders, with a prompt that a small model can follow. */
const compares = (model: JudgeModel): OpenJudge =>
  createLanguageJudge(model, { ...PRESETS.quick, method: 'comparison', comparisonPrompt: ONE_LETTER });

/** A budget that is never reached and not stored. */
const unlimited = () => new Budget({ calls: 1e9, tokens: 1e12 }, { load: async () => null, save: async () => {} });

export const CONTENDERS: readonly Contender[] = [
  { name: 'rule', open: async () => ruleJudge },
  {
    name: 'tiny-judge',
    async open() {
      const judge = bundledJudge(base, new ModelFiles(base, BUNDLED_JUDGE.name), null);
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
        (opened) => judgingRecipe(opened, model === null),
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
  {
    name: 'remote',
    async open({ remote }) {
      if (remote === null) throw new Error('No address is given.');
      const model = openRemoteModel({
        ...remote,
        replyTokens: 1,
        concurrency: 1,
        budget: unlimited(),
        cache: new ReplyCache(),
        page: location.href,
        access: async () => NO_ACCESS,
      });
      return compares(model);
    },
  },
  {
    name: 'webllm',
    async open({ webllm: record }) {
      const { id } = record;
      const source = { id, record };
      // A judge downloads nothing, so the model is fetched first.
      const session = new WebllmSession(id);
      await session.load(source, true, () => {});
      await session.release();
      return compares(openWebllmModel({ source, features: [] }));
    },
  },
];
