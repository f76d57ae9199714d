import { runControls } from '../../src/judges/controls';
import type { Judgement, OpenJudge } from '../../src/judges/judge';
import { at } from '../../src/lib/at';
import type { JudgePair, JudgeResult } from './report';

/** Pairs under way at once, as a run has prompts: a judge that answers several questions together is to have them. */
const TOGETHER = 8;

/**
 * Every pair, the right response first in every other one.
 * @param open resolves when the judge is ready
 * @param controlled pairs whose right response is also held against control rows
 */
export async function measure(
  open: () => Promise<OpenJudge>,
  pairs: readonly JudgePair[],
  controlled: number,
  report: (line: string) => void,
): Promise<JudgeResult> {
  const begun = performance.now();
  const judge = await open();
  const loaded = performance.now();
  const counts = { right: 0, wrong: 0, tied: 0, silent: 0 };
  const orders = { meetings: 0, decided: 0 };
  let calls = 0;
  let done = 0;
  let seconds = Number.NaN;
  const controls = { rows: 0, failed: 0 };
  const queue = [...pairs.entries()];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [i, { instruction, answer, check, right, wrong }] = next;
      const responses = i % 2 === 0 ? [right, wrong] : [wrong, right];
      const judgement = await judge.score({ instruction, responses, reference: { answer, check } });
      counts[outcomeOf(judgement, i % 2)]++;
      calls += judgement.calls?.length ?? 0;
      countOrders(judgement, orders);
      if (++done % 50 === 0) report(`${judge.name}: ${done} of ${pairs.length} pairs`);
    }
  };
  try {
    await Promise.all(Array.from({ length: TOGETHER }, work));
    seconds = (performance.now() - loaded) / 1000;
    for (const { instruction, answer, check, right } of pairs.slice(0, controlled)) {
      const outcomes = await runControls(judge, instruction, [right], { reference: { answer, check } });
      controls.rows += outcomes.filter(({ passed }) => passed !== null).length;
      controls.failed += outcomes.filter(({ passed }) => passed === false).length;
    }
    report(`${judge.name}: ${controls.failed} of ${controls.rows} control rows failed`);
  } finally {
    judge.dispose();
  }
  return {
    ...{ judge: judge.name, pairs: pairs.length, ...counts, controls, calls, seconds },
    orders: orders.meetings === 0 ? null : orders,
    loadSeconds: (loaded - begun) / 1000,
  };
}

/** @param place of the right response */
function outcomeOf({ scores }: Judgement, place: number): 'right' | 'wrong' | 'tied' | 'silent' {
  const [right, wrong] = [at(scores, place), at(scores, 1 - place)];
  if (right === null || wrong === null) return 'silent';
  // Ratings of a tie are equal but for their rounding.
  if (Math.abs(right - wrong) < 1e-9) return 'tied';
  return right > wrong ? 'right' : 'wrong';
}

/** The order decided where both orders gave a verdict, and not the same. */
function countOrders({ calls = [] }: Judgement, orders: { meetings: number; decided: number }): void {
  const compared = calls.filter(({ shown, verdict }) => shown.length === 2 && verdict !== null);
  const [there, back] = compared;
  if (there?.verdict == null || back?.verdict == null) return;
  orders.meetings++;
  if (there.verdict + back.verdict !== 0) orders.decided++;
}
