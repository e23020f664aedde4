/** The weekly tasks of those who do not draw grids: change lists, police pairing, coverage. */
import '../style/work.css';

export { ChangeListPanel } from './ChangeList';
export { CoveragePanel } from './Coverage';
export { PolicePanel } from './Police';
