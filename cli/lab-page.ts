/** Calls of the page's worker from here. The commands are users of the page: nothing is done twice. */
import type { Page } from 'playwright';
import { isErrorCode, LabError } from '../src/lib/errors';
import type { Failure, Lab } from '../src/worker/protocol';
import { dist } from './build';
import { openPage } from './page';

export interface LabPage {
  readonly page: Page;
  /**
   * Runs a function in the page with the worker and one argument, both as the page has them; argument and result are
   * structured data, and the function may refer to nothing else. @throws LabError as the worker threw it
   */
  ask<R, A>(question: (lab: Lab, argument: A) => Promise<R>, argument: A): Promise<R>;
  close(): Promise<void>;
}

type Outcome<R> = { readonly ok: true; readonly value: R } | { readonly ok: false; readonly failure: Failure };

/**
 * @param profile folder that keeps the page's storage; null: storage that ends with the page
 * @param folders served besides the page: prefixes and the folders they stand for
 */
export async function openLabPage(profile: string | null, folders: Readonly<Record<string, string>> = {}): Promise<LabPage> {
  const { page, orCrash, close } = await openPage({ folders: { '/': dist, ...folders }, profile, ready: 'lab' });
  return { page, ask: (question, argument) => orCrash(ask(page, question, argument)), close };
}

/** An error's code and advice would not survive the way from the page to here, so it comes as data. */
async function ask<R, A>(page: Page, question: (lab: Lab, argument: A) => Promise<R>, argument: A): Promise<R> {
  const outcome = await page.evaluate<Outcome<R>, A>(
    `async (argument) => {
      try {
        return { ok: true, value: await (${question})(globalThis.lab, argument) };
      } catch (error) {
        return { ok: false, failure: { code: error.code ?? 'internal', message: error.message, advice: error.advice ?? '' } };
      }
    }`,
    argument,
  );
  if (outcome.ok) return outcome.value;
  const { code, message, advice } = outcome.failure;
  throw new LabError(isErrorCode(code) ? code : 'internal', message, advice);
}
