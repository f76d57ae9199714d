/** Renders in the caller's own thread: for tests, whose templates end. */
import { renderTemplate } from '../render-template';
import { renderedText, type TemplateRenderer } from '../template-renderer';

export const directTemplates: TemplateRenderer = {
  render: async (source, variables) => renderedText(renderTemplate(source, variables)),
};
