/** Calls of the page's worker from here. The commands are users of the page: nothing is done twice. */
import type { Page } from 'playwright';
import { type Failure, isErrorCode, LabError } from '../../src/lib/errors';
import type { Lab } from '../../src/worker/protocol';
import { dist } from '../build';
import { type OpenPage, openPage } from './page';

export interface LabPage {
  readonly page: Page;
  /**
   * Runs a function in the page with the worker and one argument, both as the page has them. The argument is JSON, the
   * result structured data; the function may refer to nothing else. @throws LabError as the worker threw it
   */
  ask<R, A>(question: (lab: Lab, argument: A) => Promise<R>, argument: A): Promise<R>;
  close(): Promise<void>;
}

type Outcome<R> = { readonly ok: true; readonly value: R } | { readonly ok: false; readonly failure: Failure };

/**
 * @param profile folder that keeps the page's storage; null: storage that ends with the page
 * @param folders served besides the page: prefixes and the folders they stand for
 */
export async function openLabPage(
  profile: string | null,
  folders: Readonly<Record<string, string>> = {},
): Promise<LabPage> {
  const opened = await openPage({ folders: { '/': dist, ...folders }, profile, ready: 'lab' });
  return { page: opened.page, ask: (question, argument) => askLab(opened, question, argument), close: opened.close };
}

/** As `LabPage.ask`. An error's code and advice would not survive the way from the page to here, so it comes as data. */
export async function askLab<R, A>(
  { page, orCrash }: OpenPage,
  question: (lab: Lab, argument: A) => Promise<R>,
  argument: A,
): Promise<R> {
  const answer = page.evaluate<Outcome<R>>(
    `(async (argument) => {
      try {
        return { ok: true, value: await (${question})(globalThis.lab, argument) };
      } catch (error) {
        return { ok: false, failure: { code: error.code ?? 'internal', message: error.message, advice: error.advice ?? '' } };
      }
    })(${JSON.stringify(argument)})`,
  );
  const outcome = await orCrash(answer);
  if (outcome.ok) return outcome.value;
  const { code, message, advice } = outcome.failure;
  throw new LabError(isErrorCode(code) ? code : 'internal', message, advice);
}
