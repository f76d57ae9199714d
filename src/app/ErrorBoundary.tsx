import { Component, type ReactNode } from 'react';

interface State {
  readonly error: Error | null;
}

/** When drawing a part fails, that part says so; the run in the worker goes on. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div className="panel boundary" role="alert">
        <p>
          <strong>This part of the page could not be drawn: {error.message}.</strong> A run that goes on is not touched
          by it, and what was stored is safe.
        </p>
        <button type="button" className="button" onClick={() => this.setState({ error: null })}>
          Draw it again
        </button>
      </div>
    );
  }
}
