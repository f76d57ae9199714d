/** Renders chat templates in a worker of its own, so that one that does not end can be killed. */
import { expose } from 'comlink';
import { type Rendered, renderTemplate, type TemplateVariables } from './render-template';

export interface TemplateWorker {
  /** Answers when the worker's script is there. */
  start(): void;
  /** One text for each set of variables. */
  render(source: string, variables: readonly TemplateVariables[]): readonly Rendered[];
}

const worker: TemplateWorker = {
  start: () => {},
  render: (source, variables) => variables.map((each) => renderTemplate(source, each)),
};
expose(worker);
