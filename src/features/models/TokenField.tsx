import { useModels } from '../../state/models';
import { TokenField as Field } from '../../ui/TokenField';

/** Only where a model is gated. */
export function TokenField() {
  const token = useModels((state) => state.token);
  return <Field value={token} onChange={(value) => useModels.setState({ token: value })} />;
}
