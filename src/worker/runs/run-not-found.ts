import { LabError } from '../../lib/errors';

export const notFound = (): LabError =>
  new LabError('not-found', 'This run is not stored here.', 'It may have been deleted in another tab.');
