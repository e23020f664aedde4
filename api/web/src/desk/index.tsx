/** The desk: drafts, editing, mending, comparing, remarks, approval. */
import '../style/desk.css';
import '../style/desk_edit.css';
import '../style/desk_steps.css';
import '../style/desk_phone.css';

export { ApprovalPanel } from './ApprovalPanel';
export { CommentsPanel, RemarkMark } from './CommentsPanel';
export { ComparePanel } from './ComparePanel';
export { ConflictDialog } from './ConflictDialog';
export { DraftsPanel } from './DraftsPanel';
export { EditBar } from './EditBar';
export { EditPanel } from './EditPanel';
export { mendCommunities } from './mending';
export { countRemarks } from './remarks';
export { OfflineBanner, SaveBadge, saveWords } from './SaveBadge';
export {
  beginEditing,
  endEditing,
  lock,
  mergeGrids,
  pickTo,
  renameGrid,
  splitPicked,
  unlock,
} from './session';
