/** Renders chat templates in a worker of its own, which can be terminated if a template does not end. */
import { expose } from 'comlink';
import { type Rendered, renderTemplate, type TemplateVariables } from './render-template';

export interface TemplateWorker {
  /** Resolves when the worker is running. */
  start(): void;
  /** Renders one text for each set of variables. */
  render(source: string, variables: readonly TemplateVariables[]): readonly Rendered[];
}

const worker: TemplateWorker = {
  start: () => {},
  render: (source, variables) => variables.map((each) => renderTemplate(source, each)),
};
expose(worker);
