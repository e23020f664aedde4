/** The desk's parts; each still empty. */
export const DraftsPanel = () => null;
export const EditPanel = () => null;
export const ComparePanel = () => null;
export const CommentsPanel = () => null;
export const ApprovalPanel = () => null;
export const EditBar = () => null;
export const SaveBadge = () => null;
export const ConflictDialog = () => null;
