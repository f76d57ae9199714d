import { lazy, Suspense } from 'react';

const Markdown = lazy(() => import('./Markdown'));

/** A text without any of these is the same with and without Markdown. */
const MARKDOWN = /[*_`#~|>]|^\s*(?:[-+]|\d+[.)])\s/m;

/** A response of the model, with Markdown rendered if it has any. Never HTML, images or links. */
export function ResponseText({ text }: { readonly text: string }) {
  if (!MARKDOWN.test(text)) return <p className="response-text">{text}</p>;
  return (
    <Suspense fallback={<p className="response-text">{text}</p>}>
      <Markdown text={text} />
    </Suspense>
  );
}
