import { lazy, Suspense } from 'react';

const Markdown = lazy(() => import('./Markdown'));

/** Characters without which a text is its own markdown. */
const MARKDOWN = /[*_`#~|>]|^\s*(?:[-+]|\d+[.)])\s/m;

/** What the model answered: text, with its markdown drawn where it has any. Never HTML, images or links. */
export function ResponseText({ text }: { readonly text: string }) {
  if (!MARKDOWN.test(text)) return <p className="response-text">{text}</p>;
  return (
    <Suspense fallback={<p className="response-text">{text}</p>}>
      <Markdown text={text} />
    </Suspense>
  );
}
