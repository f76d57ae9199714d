/**
 * `npm run predict`: how long decoding, prefill and training take on GPUs that are not here, as a share of what each
 * GPU could do. A prediction of compiled kernels and published numbers (docs/decisions/predicted-times.md).
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { interruptible } from '../interruptible';
import { missingRadv } from '../kernels/radv';
import type { ResolvedDispatch } from './dispatches';
import { GPU_NAMES, GPUS } from './gpus';
import { Kernels } from './kernels';
import { predict } from './prediction';
import { predictionTable, type Result } from './table';
import { targetOf } from './targets';
import { MODELS, TASK_NAMES, task, taskDispatches } from './tasks';
import { changedChoices, tunedPlan, UNTUNED } from './tuned';

const usage = `npm run predict -- [TEXT] [--json FILE] [--plans FILE]

  TEXT          only models and tasks whose name contains it, such as "Qwen2.5-0.5B Q4_0" or "decode 8"
  --json FILE   also write the numbers, with the chosen variants
  --plans FILE  also write every dispatch of the untuned plans: kernel, constants, grid, uniforms, bytes, operations

Predicts the times of tasks on ${GPU_NAMES.map((name) => GPUS[name].name).join(', ')} from kernels that Mesa's compiler
compiles for RDNA2 (Linux). No GPU is needed.`;

export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'string' }, plans: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help || positionals.length > 1) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const missing = await missingRadv();
  if (missing !== null) throw new Error(`The kernels cannot be compiled: ${missing}.`);
  const { results, plans } = await interruptible(predictAll(positionals[0] ?? ''));
  console.log(predictionTable(results));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
  if (values.plans !== undefined) writeFileSync(values.plans, `${JSON.stringify(plans)}\n`);
  return 0;
}

interface ExportedPlan {
  readonly model: string;
  readonly task: string;
  readonly dispatches: readonly Omit<ResolvedDispatch, 'variant' | 'ranges'>[];
}

async function predictAll(text: string): Promise<{ results: readonly Result[]; plans: readonly ExportedPlan[] }> {
  const tasks = MODELS.flatMap((model) => TASK_NAMES.map((name) => task(model, name))).filter(({ model, name }) =>
    `${model.name} ${name}`.includes(text),
  );
  if (tasks.length === 0) throw new Error(`There is no model and no task whose name contains "${text}".`);
  const kernels = new Kernels();
  const known = new Map(GPU_NAMES.map((gpu): [string, Record<string, string>] => [gpu, {}]));
  const results: Result[] = [];
  const plans: ExportedPlan[] = [];
  for (const of of tasks) {
    const { model, name } = of;
    const untuned = of.plan(UNTUNED);
    const dispatches = taskDispatches(of, untuned);
    plans.push({
      model: model.name,
      task: name,
      dispatches: dispatches.map(({ variant: _, ranges: __, ...exported }) => exported),
    });
    for (const gpu of GPU_NAMES) {
      const choices = known.get(gpu) ?? {};
      const tuned = await tunedPlan(GPUS[gpu], kernels, of.plan, choices);
      for (const { dispatches } of [untuned, tuned]) await kernels.compile(Object.values(dispatches).flat());
      results.push({
        gpu,
        model: model.name,
        task: name,
        tuned: predict(GPUS[gpu], kernels, taskDispatches(of, tuned)),
        untuned: predict(GPUS[gpu], kernels, dispatches),
        target: targetOf(model, name, gpu),
        choices: changedChoices(tuned, choices),
      });
    }
  }
  results.sort((a, b) => GPU_NAMES.indexOf(a.gpu) - GPU_NAMES.indexOf(b.gpu));
  return { results, plans };
}
