import ReactMarkdown from 'react-markdown';

const ALLOWED = [
  'p',
  'em',
  'strong',
  'del',
  'code',
  'pre',
  'ul',
  'ol',
  'li',
  'blockquote',
  'hr',
  'br',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
];

/** Renders Markdown without HTML, links and images. The text of such elements is kept. */
export default function Markdown({ text }: { readonly text: string }) {
  return (
    <div className="response-text">
      <ReactMarkdown skipHtml allowedElements={ALLOWED} unwrapDisallowed>
        {text}
      </ReactMarkdown>
    </div>
  );
}
