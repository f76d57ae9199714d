import { Component, type ReactNode } from 'react';

interface State {
  readonly error: Error | null;
}

/** Shows an error in place of the part of the page that failed to render. A run in the worker is not affected. */
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
          <strong>This part of the page could not be shown: {error.message}.</strong> An active run continues, and
          stored data is safe.
        </p>
        <button type="button" className="button" onClick={() => this.setState({ error: null })}>
          Try again
        </button>
      </div>
    );
  }
}
