/**
 * Calls the page's worker from Node. The commands drive the same page as a user does, so nothing is implemented
 * twice.
 */
import type { Page } from 'playwright';
import type { Lab } from '../../src/client/client';
import { type Failure, isErrorCode, LabError } from '../../src/lib/errors';
import { dist } from '../build';
import { type OpenPage, openPage } from './page';

export interface LabPage {
  readonly page: Page;
  /**
   * Runs a function in the page, with the worker and one argument. The argument must be JSON, the result
   * structured-cloneable. The function must not refer to anything else. @throws LabError as thrown by the worker
   */
  ask<R, A>(question: (lab: Lab, argument: A) => Promise<R>, argument: A): Promise<R>;
  close(): Promise<void>;
}

type Outcome<R> = { readonly ok: true; readonly value: R } | { readonly ok: false; readonly failure: Failure };

/**
 * @param profile folder for the page's storage; null for storage that is deleted with the page
 * @param folders additional folders to serve, by path prefix
 */
export async function openLabPage(
  profile: string | null,
  folders: Readonly<Record<string, string>> = {},
): Promise<LabPage> {
  const opened = await openPage({ folders: { '/': dist, ...folders }, profile, ready: 'lab' });
  return { page: opened.page, ask: (question, argument) => askLab(opened, question, argument), close: opened.close };
}

/** Implements `LabPage.ask`. Playwright would drop an error's code and advice, so an error is passed as data. */
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
        const { code = 'internal', message, advice = '' } = error;
        return { ok: false, failure: { code, message, advice } };
      }
    })(${JSON.stringify(argument)})`,
  );
  const outcome = await orCrash(answer);
  if (outcome.ok) return outcome.value;
  const { code, message, advice } = outcome.failure;
  throw new LabError(isErrorCode(code) ? code : 'internal', message, advice);
}
