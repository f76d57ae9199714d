import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { TokenField as Field } from '../../ui/TokenField';

/** Only where a model is gated. */
export function TokenField() {
  const token = useStore(modelsStore, (state) => state.token);
  return <Field value={token} onChange={(value) => modelsStore.setState({ token: value })} />;
}
